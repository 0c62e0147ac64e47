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

    /// <summary>The rate and how soon the counters are right are measured, and said.</summary>
    [Fact]
    public async Task Under_an_even_load_the_rate_holds_while_Redis_is_killed_three_times_frozen_and_flushed()
    {
        LongTests.Require("70 s of load");
        const int PerSecond = 80;
        await using var fleet = await ScalingFleet.CreateAsync();
        await fleet.StartAllAsync(Two);
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(fleet, PerSecond, stop.Token);
        await fleet.ProcessedAsync(5 * PerSecond, Two);

        for (var kill = 1; kill <= 3; kill++)
        {
            await DuringAsync(fleet, PerSecond, $"kill -9 {kill} of 3, away for 3 s", async () =>
            {
                await fleet.Redis.Kill9Async();
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
                await fleet.Redis.StartAgainAsync();
            });
        }
        await DuringAsync(fleet, PerSecond, "frozen for 10 s", async () =>
        {
            fleet.Redis.Freeze();
            await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
            fleet.Redis.Thaw();
        });
        await DuringAsync(fleet, PerSecond, "flushed", fleet.Redis.FlushAsync);
        await stop.CancelAsync();
        var ids = await load;

        var counts = await fleet.ProcessedAsync(ids.Count, Two);
        await Eventually.TrueAsync(() => Done(fleet).Length >= ids.Count, "all is in the histories");
        Done(fleet).ShouldBe(ids, ignoreOrder: true, "every task once");
        counts.Values.Sum().ShouldBe(ids.Count);
    }

    private static async Task<List<string>> LoadAsync(ScalingFleet fleet, int perSecond, CancellationToken stop)
    {
        var ids = new List<string>();
        var began = TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var due = (int)(TimeProvider.System.GetElapsedTime(began).TotalSeconds * perSecond) - ids.Count;
            ids.AddRange(due > 0 ? await fleet.PublishAsync(due, 20) : []);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
        return ids;
    }

    /// <summary>What ended from the fault until two seconds after it, and how soon the counters have all that had ended when it was over.</summary>
    private static async Task DuringAsync(ScalingFleet fleet, int perSecond, string what, Func<Task> fault)
    {
        var (began, before) = (TimeProvider.System.GetTimestamp(), Done(fleet).Length);
        await fault();
        var over = TimeProvider.System.GetTimestamp();
        await fleet.ProcessedAsync(Done(fleet).Length, Two);
        var caughtUp = TimeProvider.System.GetElapsedTime(over);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        var rate = (Done(fleet).Length - before) / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {rate:0} tasks a second, {100 * rate / perSecond:0} % of the load; counters right after {caughtUp.TotalSeconds:0.0} s");
    }

    private static string[] Done(ScalingFleet fleet) =>
        [.. fleet.History.Where(line => line.Event == HistoryEvents.Outcome && line["accepted"] == "1" && line["state"] == "COMPLETED").Select(line => line.Id)];

    private static Task UntilMoreIsDoneAsync(ScalingFleet fleet, string when)
    {
        var before = Done(fleet).Length;
        return Eventually.TrueAsync(() => new ValueTask<bool>(Done(fleet).Length > before + 40), () => $"tasks are done {when}; it was {before} and is {Done(fleet).Length}", TimeSpan.FromSeconds(60));
    }
}
