using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Scaling;

/// <summary>Redis frozen, flushed and killed while instances work: processes of their own on a real broker.</summary>
public sealed class ScalingRedisTests
{
    private static readonly string[] Two = ["consumer-1", "consumer-2"];

    [Fact]
    public async Task Whatever_becomes_of_Redis_the_work_goes_on_and_the_counters_become_right_again()
    {
        const int Tasks = 1500;
        await using var fleet = await ScalingFleet.CreateAsync();
        await fleet.StartAllAsync(Two);
        var ids = await fleet.PublishAsync(Tasks, 20);
        await fleet.ProcessedAsync(50, Two);

        fleet.Redis.Freeze();
        await UntilMoreIsDoneAsync(fleet, "while Redis is frozen");
        fleet.Redis.Thaw();
        await fleet.Redis.FlushAsync();
        await UntilMoreIsDoneAsync(fleet, "after the flush");
        await fleet.Redis.Kill9Async();
        await UntilMoreIsDoneAsync(fleet, "while Redis is dead");
        Done(fleet).Length.ShouldBeLessThan(Tasks, "a Redis that dies after the work proves nothing");
        await fleet.Redis.StartAgainAsync();

        var counts = await fleet.ProcessedAsync(Tasks, Two);
        await Eventually.TrueAsync(() => Done(fleet).Length >= Tasks, "all is in the histories");
        Done(fleet).ShouldBe(ids, ignoreOrder: true, "every task once");
        counts.Values.Sum().ShouldBe(Tasks, "counted once each, in a Redis that has forgotten everything twice");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
    }

    private static string[] Done(ScalingFleet fleet) =>
        [.. fleet.History.Where(line => line.Event == HistoryEvents.Outcome && line["accepted"] == "1" && line["state"] == "COMPLETED").Select(line => line.Id)];

    private static Task UntilMoreIsDoneAsync(ScalingFleet fleet, string when)
    {
        var before = Done(fleet).Length;
        return Eventually.TrueAsync(() => new ValueTask<bool>(Done(fleet).Length > before + 40), () => $"tasks are done {when}; it was {before} and is {Done(fleet).Length}", TimeSpan.FromSeconds(60));
    }
}
