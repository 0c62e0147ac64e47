using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Contract;

/// <summary>Deliveries that come twice, break off, are drained or came as rows.</summary>
public abstract partial class TransportContract
{
    [Fact]
    public async Task A_delivery_of_a_settled_attempt_runs_nothing()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("ok");
        await PublishAsync(fleet, task);
        await fleet.ReachesAsync(task.Id, TaskState.Completed);

        for (var i = 0; i < 5; i++)
        {
            await PublishAsync(fleet, task);
        }

        await Eventually.TrueAsync(() => fleet.Stats.Duplicates == 5, "five duplicates are counted");
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
        (await _harness.DeadLettersAsync(fleet)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_not_acknowledged_when_the_connection_broke_is_finished_once()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 12).Select(_ => TestFleet.Task("wait")).ToArray();
        foreach (var task in tasks)
        {
            await PublishAsync(fleet, task);
        }
        await Eventually.TrueAsync(() => fleet.Log.Effects.Count >= 3, "three tasks run");

        await _harness.BreakConnectionAsync(fleet);
        fleet.Log.Gate.SetResult();

        foreach (var task in tasks)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
        }
        await Eventually.TrueAsync(async () => await _harness.ReadyAsync(fleet) == 0, "the work queue is empty");
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 1);
    }

    [Fact]
    public async Task Two_deliveries_of_one_attempt_at_once_run_it_once()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("wait");
        await PublishAsync(fleet, task);
        await PublishAsync(fleet, task);
        await Eventually.TrueAsync(() => fleet.Stats.Parked >= 1, "the second delivery waits");

        fleet.Log.Gate.SetResult();

        await fleet.ReachesAsync(task.Id, TaskState.Completed);
        await Eventually.TrueAsync(() => fleet.Stats.Duplicates >= 1, "the second delivery finds it settled");
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Status_events_follow_the_ledger_in_rising_sequence()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("retry", "ok");
        await PublishAsync(fleet, task);
        await fleet.ReachesAsync(task.Id, TaskState.Completed);

        await Eventually.TrueAsync(() => _harness.Statuses.Count(status => status.Id == task.Id) == 4, "four transitions are announced");
        var events = _harness.Statuses.Where(status => status.Id == task.Id).OrderBy(status => status.Seq).ToArray();
        events.Select(status => status.Status).ShouldBe(["PROCESSING", "RETRYING", "PROCESSING", "COMPLETED"]);
        events.Select(status => status.Attempt).ShouldBe([1, 1, 2, 2]);
        events.Select(status => status.Seq).Distinct().Count().ShouldBe(4);
        events[1].Error.ShouldBe("scripted retry");
    }

    [Fact]
    public async Task Draining_finishes_what_runs_and_hands_back_the_rest()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 20).Select(_ => TestFleet.Task("wait")).ToArray();
        foreach (var task in tasks)
        {
            await PublishAsync(fleet, task);
        }
        await Eventually.TrueAsync(() => fleet.Log.Effects.Count >= 3, "three tasks run");

        var stopping = fleet.StopAsync();
        fleet.Log.Gate.SetResult();
        await stopping;

        var begun = fleet.Log.Effects.Select(effect => effect.Id).ToHashSet();
        begun.Count.ShouldBeLessThan(20);
        foreach (var task in tasks)
        {
            var found = await fleet.Queries.FindAsync(task.Id, CancellationToken.None);
            (found?.Task.State).ShouldBe(begun.Contains(task.Id) ? TaskState.Completed : null);
        }
    }

    [Fact]
    public async Task What_a_drain_interrupts_costs_no_attempt()
    {
        using var folder = new TempFolder();
        var task = TestFleet.Task("wait");
        await using (var first = await TestFleet.StartAsync(_harness.AddTo, options => options.DrainTimeout = TimeSpan.FromMilliseconds(100), folder))
        {
            await PublishAsync(first, task);
            await Eventually.TrueAsync(() => first.Log.Of(task.Id).Count == 1, "it runs");
            await first.StopAsync();
            var found = (await first.Queries.FindAsync(task.Id, CancellationToken.None)).ShouldNotBeNull();
            found.Task.State.ShouldBe(TaskState.Queued);
            found.Task.RetryCount.ShouldBe(0);
        }
    }

    [Fact]
    public async Task Tasks_accepted_as_rows_are_published_by_the_relay()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 300).Select(_ => TestFleet.Task("ok")).ToArray();
        var results = await fleet.Services.GetRequiredService<ITaskLedger>().EnqueueAsync(fleet.Transport.Module, tasks, TestContext.Current.CancellationToken);
        results.ShouldAllBe(result => result == EnqueueResult.Accepted);

        fleet.Services.GetRequiredService<PublishRelay>().Offer(fleet.Transport.Module, tasks);

        foreach (var task in tasks)
        {
            (await fleet.ReachesAsync(task.Id, TaskState.Completed)).AwaitsPublishing.ShouldBeFalse();
        }
    }
}
