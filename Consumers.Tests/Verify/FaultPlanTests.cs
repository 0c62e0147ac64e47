using System.Text.Json;
using Consumers.Core;

namespace Consumers.Tests.Verify;

/// <summary>What follows from the seed alone.</summary>
public sealed class FaultPlanTests
{
    private static FaultPlan Plan(int seed) => FaultPlan.Create(seed, VerifyProfile.Standard.Load, 3, 2, VerifyProfile.Standard.Counts([.. FaultKind.All.Select(kind => (kind, (int?)null))]));

    [Fact]
    public void The_same_seed_gives_the_same_plan_and_another_seed_another()
    {
        Plan(7341).Faults.ShouldBe(Plan(7341).Faults);
        Plan(7341).Faults.ShouldNotBe(Plan(7342).Faults);
    }

    [Fact]
    public void A_plan_has_what_its_profile_says_in_order_and_within_the_load()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var faults = Plan(seed).Faults;
            faults.GroupBy(fault => fault.Kind).ToDictionary(kind => kind.Key, kind => kind.Count()).ShouldBe(VerifyProfile.Standard.Faults, ignoreOrder: true);
            faults.Select(fault => fault.AtSeconds).ShouldBeInOrder();
            faults.ShouldAllBe(fault => fault.AtSeconds >= 3 && fault.AtSeconds <= VerifyProfile.Standard.Load.TotalSeconds - 3 && fault.Victim >= 0 && fault.Victim < 3);
            faults.Select(fault => fault.Id).ShouldBeUnique();
        }
    }

    [Fact]
    public void A_kind_that_was_asked_for_and_is_not_in_the_profile_happens_once() =>
        VerifyProfile.Quick.Counts([(FaultKind.Freeze, null), (FaultKind.Kill, null)]).ShouldBe([(FaultKind.Kill, 2), (FaultKind.Freeze, 1)]);

    [Fact]
    public void The_load_follows_from_the_seed_and_has_its_mix()
    {
        LoadMessage[] Take(int seed) => [.. new LoadMix("rabbit", seed, hasKeys: false, 8192) is var mix ? Enumerable.Range(0, 5000).Select(_ => mix.Next()) : []];
        var load = Take(7);

        load.Zip(Take(7)).ShouldAllBe(pair => pair.First.Body.SequenceEqual(pair.Second.Body) && pair.First.Id == pair.Second.Id);
        load.Count(message => message.Sha256 is not null).ShouldBeInRange(20, 90);
        load.Count(message => message.Copies == 2).ShouldBeInRange(20, 90);
        load.Count(message => message.MaxRetries == 1).ShouldBeInRange(20, 90);
        load.ShouldAllBe(message => message.Body.Length >= 150 && message.Body.Length <= 8300);
        load.Select(message => message.Id).ShouldBeUnique();
        foreach (var message in load)
        {
            (TaskMessageCodec.Decode(message.Body, null, 5, out _) is null).ShouldBe(message.Sha256 is not null, message.Id);
        }
    }

    [Fact]
    public void Keys_are_spread_over_some_and_each_is_in_the_records_key_only()
    {
        var mix = new LoadMix("kafka", 7, hasKeys: true, 1024);
        var load = Enumerable.Range(0, 2000).Select(_ => mix.Next()).Where(message => message.Key is not null).ToArray();

        load.Length.ShouldBeInRange(800, 1200);
        load.Select(message => message.Key).Distinct().Count().ShouldBe(LoadMix.Keys);
        JsonDocument.Parse(load.First(message => message.Sha256 is null).Body).RootElement.TryGetProperty("key", out _).ShouldBeFalse();
    }
}
