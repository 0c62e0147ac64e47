using Consumers.Core;
using Consumers.Tests.Contract;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Hostile messages of every class among good ones, against a real process on a real broker.</summary>
[Trait("Set", "quick")]
public sealed class HostileInputTests
{
    private const int Seed = 20261121;

    private static readonly int Count = LongTests.AreOn ? 10_000 : 2_000;

    [Fact]
    public void There_are_at_least_forty_classes_with_names_of_their_own()
    {
        HostileGenerator.ClassNames.Count.ShouldBeGreaterThanOrEqualTo(40);
        HostileGenerator.ClassNames.ShouldBeUnique();
        new HostileGenerator(Seed).Take(500).Select(message => message.Hash).ShouldBe(new HostileGenerator(Seed).Take(500).Select(message => message.Hash), "a seed is a promise");
    }

    [Fact]
    public async Task Every_hostile_message_is_dead_lettered_byte_for_byte_with_its_reason_and_every_good_one_is_done()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await ProbeHost.StartAsync(fleet, new KeyValuePair<string, string>("Consumers__Retry__MaxDelay", "00:00:00.400"));
        await using var publisher = await RawPublisher.ConnectAsync(fleet.Broker);
        var before = Good("a", Count / 2).ToArray();
        var alone = await TimeAsync(fleet, host, publisher, before, 0);

        var hostile = new HostileGenerator(Seed).Take(Count).ToArray();
        var good = Good("b", Count).ToArray();
        var mixed = await TimeAsync(fleet, host, publisher, good.Zip(hostile).SelectMany(pair => new[] { pair.First, pair.Second }), Count / 2);

        var processed = hostile.Where(message => message.Reason is null).ToArray();
        var bad = hostile.Where(message => message.Reason is not null).ToArray();
        var rows = (Count / 2) + good.Length + hostile.Count(message => message.Id is not null);
        var stats = await Fleet.QuiesceAsync(host, rows, TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(() => new ValueTask<bool>(fleet.Broker.DeadLetters.Count >= bad.Length), () => $"{bad.Length} dead letters; there are {fleet.Broker.DeadLetters.Count}. {host.Output}", TimeSpan.FromSeconds(60));

        Tally(fleet.Broker.DeadLetters.Select(dead => (HostileMessage.HashOf(dead.Body), dead.Headers.GetValueOrDefault(TaskHeaders.DeadReason, "none"))))
            .ShouldBe(Tally(bad.Select(message => (message.Hash, message.Reason!.Value.ToWire()))), ignoreOrder: true);
        fleet.Broker.DeadLetters.ShouldAllBe(dead => HasError(dead));
        Fleet.Of(stats, "completed").ShouldBe((Count / 2) + good.Length + processed.Length);
        var ran = fleet.Broker.Statuses.Where(status => status.Status == "COMPLETED").Select(status => status.Id).ToHashSet();
        good.Concat(processed).Where(message => !ran.Contains(message.Id!)).Select(message => message.Class).ShouldBeEmpty();
        ProbeHost.Calls(fleet).ShouldBe(before.Concat(good).Concat(processed).Select(message => message.Id!), ignoreOrder: true, "the handler was called once for each of these, and for nothing else");
        var begun = fleet.Broker.Statuses.Where(status => status.Status == "PROCESSING").Select(status => status.Id).ToHashSet();
        // A task whose type nobody knows, or whose payload does not fit, begins and ends; a body that is none must not even begin.
        begun.Except(ran).Except(bad.Where(message => message.Reason is DeadReason.NoHandler or DeadReason.Permanent).Select(message => message.Id!)).ShouldBeEmpty();
        (await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue)).ShouldBe(0);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {Seed}: {hostile.Length} hostile messages of {HostileGenerator.ClassNames.Count} classes, {bad.Length} dead-lettered, {processed.Length} processed; " +
            $"good alone {alone:0}/s, among hostile ones {mixed:0}/s; peak memory {PeakMemory.MiBOf(host.Pid)} MiB; the process lives: {!host.Output.Contains("Unhandled", StringComparison.Ordinal)}");
    }

    private static IEnumerable<HostileMessage> Good(string prefix, int count) =>
        Enumerable.Range(0, count).Select(i => new HostileMessage("good", HostileBodies.Valid($"{prefix}-{i}"), new(), null, $"{prefix}-{i}"));

    /// <summary>Publishes, waits for the last good one, and returns good tasks a second.</summary>
    private static async Task<double> TimeAsync(Fleet fleet, HostProcess host, RawPublisher publisher, IEnumerable<HostileMessage> messages, int before)
    {
        var all = messages.ToArray();
        var good = all.Count(message => message.Class == "good");
        var began = TimeProvider.System.GetTimestamp();
        await publisher.PublishAsync(fleet.Broker.WorkQueue, all);
        await Eventually.TrueAsync(
            async () => Fleet.Of(await Fleet.StatsAsync(host), "completed") >= before + good, () => $"the good ones are done. {host.Output}", TimeSpan.FromMinutes(5));
        return good / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    private static bool HasError(SeenMessage dead) =>
        dead.Headers.TryGetValue(TaskHeaders.LastError, out var error) && error.Length is > 0 and <= TaskHeaders.MaxErrorLength && !error.Any(char.IsControl);

    private static IEnumerable<(string Hash, string Reason, int Count)> Tally(IEnumerable<(string Hash, string Reason)> letters) =>
        letters.GroupBy(letter => letter).Select(group => (group.Key.Hash, group.Key.Reason, group.Count()));
}
