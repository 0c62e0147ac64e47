using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Core;

public sealed class InMemoryPauseTests
{
    private static readonly PauseOrder Order = new("rabbit", null, "a test", null);

    [Fact]
    public async Task A_pause_hands_back_what_has_not_begun_and_a_resume_takes_it_in_its_old_order()
    {
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory(minConcurrency: 1, maxConcurrency: 1));
        var broker = fleet.Services.GetRequiredService<InMemoryModule>().Transport.Broker;
        var pauses = fleet.Services.GetRequiredService<IPauses>();
        var tasks = new List<TaskMessage> { await fleet.PublishAsync("wait") };
        await Eventually.TrueAsync(() => fleet.Log.Effects.Count == 1, "one runs");
        for (var i = 0; i < 9; i++)
        {
            tasks.Add(await fleet.PublishAsync("ok"));
        }

        await pauses.PauseAsync(Order, default);

        await Eventually.TrueAsync(() => broker.Ready == 9 && broker.Consumers == 0, "nine are handed back");
        fleet.Log.Gate.SetResult();
        await fleet.ReachesAsync(tasks[0].Id, TaskState.Completed);
        await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, TestContext.Current.CancellationToken);
        fleet.Log.Effects.Count.ShouldBe(1);

        await pauses.ResumeAsync(Order, default);

        await fleet.ReachesAsync(tasks[^1].Id, TaskState.Completed);
        fleet.Log.Effects.Select(effect => effect.Id).ShouldBe(tasks.Select(task => task.Id));
        fleet.Stats.HandedBack.ShouldBe(0, "nothing had reached the pipeline");
    }

    [Fact]
    public async Task A_paused_type_waits_unchanged_and_another_runs()
    {
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory());
        var pauses = fleet.Services.GetRequiredService<IPauses>();
        await pauses.PauseAsync(Order with { Type = "scripted" }, default);
        var paused = await fleet.PublishAsync("ok");
        var other = TestFleet.Task("ok") with { Type = "nobody-does-this" };
        await fleet.Transport.PublishAsync(other, TestContext.Current.CancellationToken);

        await fleet.ReachesAsync(other.Id, TaskState.Failed);
        await Eventually.TrueAsync(() => fleet.Stats.Paused >= 2, "it asks now and then");
        fleet.Log.Effects.ShouldBeEmpty();

        await pauses.ResumeAsync(Order with { Type = "scripted" }, default);

        var done = await fleet.ReachesAsync(paused.Id, TaskState.Completed);
        done.Attempts.Count.ShouldBe(1);
        done.Task.RetryCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_fleet_that_starts_paused_takes_nothing_and_stops_at_once()
    {
        using var folder = new TempFolder();
        await using (var before = await TestFleet.StartAsync(consumers => consumers.AddInMemory(), folder: folder))
        {
            await before.Services.GetRequiredService<IPauses>().PauseAsync(Order, default);
            await before.StopAsync();
            await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory(), folder: folder, name: "test-2");
            await fleet.PublishAsync("ok");
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, TestContext.Current.CancellationToken);

            fleet.Log.Effects.ShouldBeEmpty();
            await fleet.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
    }
}
