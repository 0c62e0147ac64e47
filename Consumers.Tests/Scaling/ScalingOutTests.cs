using Consumers.Core;
using Consumers.Host.Monitoring.Sharing;
using Consumers.Tests.Fire;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Scaling;

/// <summary>Instances are added and taken away as a user does it: processes, signals, a real broker, a real Redis.</summary>
[Collection(FireCollection.Name)]
public sealed class ScalingOutTests
{
    private static readonly string[] Three = ["consumer-1", "consumer-2", "consumer-3"];

    [Theory]
    [InlineData(3_000, 10, false)]
    [InlineData(9_000, 10, true)]
    public async Task Three_instances_do_every_task_once_and_share_them_evenly(int count, int milliseconds, bool isLong)
    {
        RequireLong(isLong);
        await using var fleet = await ScalingFleet.CreateAsync();
        var hosts = await fleet.StartAllAsync(Three);

        var usedBefore = hosts.Sum(host => host.ProcessorTime.TotalMilliseconds);
        var began = TimeProvider.System.GetTimestamp();
        var ids = await fleet.PublishAsync(count, milliseconds);
        var counts = await fleet.ProcessedAsync(count, Three);
        var took = TimeProvider.System.GetElapsedTime(began);
        var used = hosts.Sum(host => host.ProcessorTime.TotalMilliseconds) - usedBefore;

        var completed = Completed(fleet.History);
        completed.Select(line => line.Id).ShouldBe(ids, ignoreOrder: true, "every task once");
        counts.Values.Sum().ShouldBe(count, "every task is counted once");
        foreach (var name in Three)
        {
            counts[name].ShouldBe(completed.Count(line => line.Instance == name), $"the counter of {name} is what its history says");
        }
        var jain = Fairness.Jain([.. counts.Values.Select(done => (double)done)]);
        // A few seconds on cores that other tests share leave one process behind by chance; the long variant has the time to be strict.
        var even = isLong ? 0.99 : 0.9;
        jain.ShouldBeGreaterThanOrEqualTo(even, $"the shares are {string.Join(", ", counts)}");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        var ideal = TimeSpan.FromMilliseconds((double)count * milliseconds / (3 * Three.Length));
        Say($"{count} tasks of {milliseconds} ms, 3 instances x 3 lanes: {took.TotalSeconds:0.00} s from the first publish, ideal {ideal.TotalSeconds:0.00} s ({took / ideal:0.00}x); shares {string.Join(", ", counts)}; Jain {jain:0.0000}; "
            + $"time in handlers {(await fleet.CountersAsync("busyMs", Three)).Values.Sum() / (double)count:0.00} ms a task, processor time of the instances {used / count:0.00} ms a task");

        foreach (var host in hosts)
        {
            await Eventually.TrueAsync(async () => await ScalingFleet.StatesAsync(host) is var states && Three.All(name => states.GetValueOrDefault(name) == "running"), "each of them shows all three");
        }
        // What a page says of it, from what the instances reported of themselves.
        await Eventually.TrueAsync(
            async () => (await ScalingFleet.StatsAsync(hosts[0])).GetProperty("sharing").GetProperty("jainIndex") is { ValueKind: System.Text.Json.JsonValueKind.Number } index && index.GetDouble() >= even - 0.05,
            "the API calls it even");
    }

    [Theory]
    [InlineData(240, 40, 2, false)]
    [InlineData(3_000, 50, 2, true)]
    [InlineData(3_000, 50, 3, true)]
    public async Task Instances_that_join_take_their_part_of_the_backlog(int count, int milliseconds, int instances, bool isLong)
    {
        RequireLong(isLong);
        await using var fleet = await ScalingFleet.CreateAsync();
        await fleet.StartAsync("consumer-1");
        var alone = await TimeAsync(fleet, count, milliseconds, 0);

        var joining = Three[1..instances];
        await fleet.StartAllAsync(joining);
        var together = await TimeAsync(fleet, count, milliseconds, count);

        var shares = await fleet.CountersAsync("processed", joining);
        shares.Values.ShouldAllBe(share => share > count * 2 / (3 * instances), $"each took its part: {string.Join(", ", shares)}");
        Say($"{count} tasks of {milliseconds} ms: one instance {alone.TotalSeconds:0.00} s, {instances} {together.TotalSeconds:0.00} s ({alone / together:0.00} times as fast); who joined did {string.Join(", ", shares)}");
    }

    [Theory]
    [InlineData(45, 1000, false)]
    [InlineData(900, 100, true)]
    public async Task Taking_instances_away_loses_nothing_and_shows(int count, int milliseconds, bool isLong)
    {
        RequireLong(isLong);
        await using var fleet = await ScalingFleet.CreateAsync();
        var hosts = await fleet.StartAllAsync(Three);
        var (stays, leaves, dies) = (hosts[0], hosts[1], hosts[2]);
        var ids = await fleet.PublishAsync(count, milliseconds);

        await Eventually.TrueAsync(
            async () => await fleet.Redis.CounterAsync("consumer-3", "processed") > 0 && (await ScalingFleet.StatsAsync(dies)).GetProperty("instance").GetProperty("running").GetInt32() > 1,
            "the victim is at work");
        dies.Kill9();
        (await leaves.TerminateAsync()).ShouldBe(0, "SIGTERM drains and exits 0");
        (await fleet.CountersAsync("processed", Three)).Values.Sum().ShouldBeLessThan(count, "a kill after the work was done proves nothing");
        var counts = await fleet.ProcessedAsync(count, Three);

        // What the dead one had settled without being able to say so is recognized when it is delivered again.
        var history = fleet.History;
        var completed = Completed(history);
        completed.GroupBy(line => line.Id).ShouldAllBe(lines => lines.Count() == 1, "no task is settled twice");
        completed.Concat(history.Where(line => line.Event == HistoryEvents.Duplicate)).Select(line => line.Id).Distinct().ShouldBe(ids, ignoreOrder: true, "no task is lost");
        counts.Values.Sum().ShouldBe(count, "each is counted once, whoever was killed while counting");
        (count - completed.Length).ShouldBeInRange(0, 3, "at most what the dead one ran is missing from the histories");
        var again = history.Count(line => line.Event == HistoryEvents.Begin) - count;
        again.ShouldBeGreaterThan(0, "a kill that interrupted nothing proves nothing");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        await Eventually.TrueAsync(
            async () => await ScalingFleet.StatesAsync(stays) is var states && states["consumer-2"] == "stopped" && states["consumer-3"] == "silent",
            "one is shown as stopped, one as silent");
        Say($"{count} tasks: one of three left by SIGTERM, one by kill -9; processed {string.Join(", ", counts)}; settled twice 0, lost 0, histories {completed.Length}, begun again {again}");
    }

    [Fact]
    [Trait("Set", "quick")]
    public async Task A_second_process_of_one_name_is_refused_and_the_first_does_every_task_once()
    {
        await using var fleet = await ScalingFleet.CreateAsync();
        var first = await fleet.StartAsync("consumer-1");

        var second = fleet.Launch("consumer-1");
        (await second.ExitAsync()).ShouldBe(4);
        second.Output.ShouldContain("consumer-1");

        var tasks = Enumerable.Range(0, 30).Select(_ => EndToEnd.Fleet.Sleep(5)).ToArray();
        foreach (var _ in (int[])[1, 2])
        {
            await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        }
        await fleet.ProcessedAsync(30, "consumer-1");
        await fleet.Redis.CounterIsAsync("consumer-1", "duplicates", 30);
        (await fleet.Redis.CounterAsync("consumer-1", "processed")).ShouldBe(30, "what is delivered twice is done and counted once");
        fleet.History.Count(line => line.Event == HistoryEvents.Begin).ShouldBe(30);
        first.HasExited.ShouldBeFalse();
        (await ScalingFleet.StatesAsync(first)).ShouldHaveSingleItem().Value.ShouldBe("running");

        // Killed, it leaves the name to the next process at once.
        first.Kill9();
        await fleet.StartAsync("consumer-1");
    }

    [Fact]
    public async Task An_instance_that_hoards_is_called_so()
    {
        await using var fleet = await ScalingFleet.CreateAsync();
        var greedy = await fleet.StartAsync("greedy", new KeyValuePair<string, string>("Consumers__Scaling__Prefetch", "200"));
        // Enough that the second, which may start slowly, finds work that is not hoarded.
        await fleet.PublishAsync(1500, 40);
        var modest = await fleet.StartAsync("modest");

        var last = "";
        await Eventually.TrueAsync(
            async () => (last = (await ScalingFleet.StatsAsync(modest)).GetProperty("sharing").GetProperty("fairness").GetString()!).StartsWith("greedy hoards", StringComparison.Ordinal),
            () => $"the cause is named; it says: {last}", TimeSpan.FromSeconds(60));
        greedy.HasExited.ShouldBeFalse();
        await fleet.ProcessedAsync(1500, "greedy", "modest");
    }

    private static HistoryLine[] Completed(IEnumerable<HistoryLine> history) =>
        [.. history.Where(line => line.Event == HistoryEvents.Outcome && line["accepted"] == "1" && line["state"] == "COMPLETED")];

    private static async Task<TimeSpan> TimeAsync(ScalingFleet fleet, int count, int milliseconds, long before)
    {
        var began = TimeProvider.System.GetTimestamp();
        await fleet.PublishAsync(count, milliseconds);
        await fleet.ProcessedAsync(before + count, Three);
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static void RequireLong(bool isLong)
    {
        if (isLong)
        {
            LongTests.Require("the full number of tasks");
        }
    }

    private static void Say(string figures) => TestContext.Current.TestOutputHelper?.WriteLine(figures);
}
