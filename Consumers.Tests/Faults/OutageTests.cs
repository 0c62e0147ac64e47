using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Faults;

/// <summary>What a handler calls is away for a while: its tasks wait, and none is dead-lettered for it.</summary>
public sealed class OutageTests
{
    [Fact]
    public Task A_downstream_that_is_away_costs_no_dead_letter_and_holds_up_no_other_type() =>
        RunAsync(tasks: 500, outage: TimeSpan.FromSeconds(8), recovery: TimeSpan.FromSeconds(60));

    [Fact]
    public Task Five_thousand_tasks_outlive_a_minute_without_their_downstream()
    {
        LongTests.Require("downstream off for 60 s");
        return RunAsync(tasks: 5000, outage: TimeSpan.FromSeconds(60), recovery: TimeSpan.FromSeconds(120));
    }

    private static async Task RunAsync(int tasks, TimeSpan outage, TimeSpan recovery)
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        var downstream = new Downstream();
        await using var fleet = await TestFleet.StartAsync(
            consumers =>
            {
                consumers.Services.AddSingleton(downstream);
                consumers.AddRabbit(broker.Configure).AddHandler<CallingHandler>();
            },
            options => (options.Breaker.Enabled, options.Breaker.BreakDuration, options.Breaker.MaxBreakDuration) = (true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)));
        var breakers = fleet.Services.GetRequiredService<TaskBreakers>();
        await Eventually.TrueAsync(async () => (await fleet.Transport.SnapshotAsync(TestContext.Current.CancellationToken)).Lanes.Count > 0, "the instance consumes");
        downstream.IsAway = true;
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(i =>
        {
            var task = TaskMessage.Create("calling", "null"u8.ToArray(), 5, TimeProvider.System.GetUtcNow()) with { Id = $"call-{i}" };
            return broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }));
        var began = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => breakers.PausesOf("rabbit").Count == 1, "the type is paused");
        breakers.PausesOf("rabbit").ShouldHaveSingleItem().Type.ShouldBe("calling");

        var other = await fleet.PublishAsync("ok");
        await fleet.ReachesAsync(other.Id, TaskState.Completed);
        // With this base and five retries, backoff alone would have spent every task's attempts in about 1.5 s.
        await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(began) >= outage, "the outage lasts", within: outage + TimeSpan.FromSeconds(5));
        var failedCalls = downstream.Failed;
        downstream.IsAway = false;

        await Eventually.TrueAsync(() => new ValueTask<bool>(fleet.Stats.Completed == tasks + 1), () => $"all complete; {fleet.Stats.Completed} of {tasks + 1} did, {fleet.Stats.Dead} are dead", recovery);
        fleet.Stats.Dead.ShouldBe(0);
        broker.DeadLetters.ShouldBeEmpty();
        breakers.PausesOf("rabbit").ShouldBeEmpty();
        failedCalls.ShouldBeInRange(20, 60, "the outage landed, and the paused type was hardly tried");
        downstream.Succeeded.ShouldBe(tasks, "each took effect once");
        fleet.Stats.Paused.ShouldBeGreaterThanOrEqualTo(tasks - 60);
        TestContext.Current.TestOutputHelper?.WriteLine($"tasks {tasks}, outage {outage.TotalSeconds:0} s, calls failed {failedCalls}, parked {fleet.Stats.Paused}, dead letters 0, done {(TimeProvider.System.GetElapsedTime(began) - outage).TotalSeconds:0.0} s after the return");
    }

    private sealed class Downstream
    {
        private int _failed;
        private int _succeeded;

        public volatile bool IsAway;

        public int Failed => Volatile.Read(ref _failed);

        public int Succeeded => Volatile.Read(ref _succeeded);

        public bool Call()
        {
            var isAway = IsAway;
            Interlocked.Increment(ref isAway ? ref _failed : ref _succeeded);
            return !isAway;
        }
    }

    private sealed class CallingHandler(Downstream downstream) : ITaskHandler
    {
        public bool CanHandle(string taskType) => taskType == "calling";

        public ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken) =>
            new(downstream.Call() ? TaskOutcome.Success() : TaskOutcome.RetryableFailure("connection refused"));
    }
}
