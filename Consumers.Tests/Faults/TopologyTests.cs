using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Faults;

/// <summary>Queues that somebody deletes while the fleet works.</summary>
public sealed class TopologyTests
{
    [Fact]
    public async Task A_retry_queue_that_was_deleted_is_made_again_and_no_retry_is_lost()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        await broker.DeleteQueueAsync("retry.100ms");
        await Should.ThrowAsync<RabbitMQ.Client.Exceptions.OperationInterruptedException>(() => broker.ReadyAsync($"{broker.Prefix}-retry.100ms"));

        var tasks = await PublishAsync(broker, 40, "retry", "ok");

        foreach (var task in tasks)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
            fleet.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        }
        (await broker.ReadyAsync($"{broker.Prefix}-retry.100ms")).ShouldBe(0);
    }

    [Fact]
    public async Task A_dead_letter_queue_that_was_deleted_is_made_again_and_no_dead_letter_is_lost()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker, archive: false);
        await broker.StopReadingDeadLettersAsync();
        await broker.DeleteQueueAsync("dead");

        var tasks = await PublishAsync(broker, 40, "fail");

        foreach (var task in tasks)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Failed);
        }
        var dead = 0L;
        await Eventually.TrueAsync(
            async () => await DeadAsync(broker) is var ready && (dead = ready) == 40,
            () => $"all dead letters are in the queue; {dead} are");
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 1);
    }

    [Fact]
    public async Task A_work_queue_that_is_deleted_under_load_is_consumed_anew()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        await PublishAsync(broker, 200, "ok");
        await Eventually.TrueAsync(() => fleet.Stats.Completed > 10, "work is under way");
        var lost = await broker.DeleteQueueAsync("work");
        await broker.UntilDeclaredAsync();

        var after = await PublishAsync(broker, 50, "retry", "ok");

        foreach (var task in after)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
            fleet.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{lost} messages went with the queue; all 50 that came after were done");
    }

    [Fact]
    public async Task A_work_queue_that_is_made_anew_while_its_module_is_paused_is_consumed_to_the_end()
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        await DoneAsync(await PublishAsync(broker, 100, "ok"));
        var pauses = fleet.Services.GetRequiredService<IPauses>();
        await pauses.PauseAsync(new PauseOrder("rabbit", null, "anna", "the queue moves"), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => fleet.Transport.Lanes.All(lane => lane.Prefetch == 0), "no lane is subscribed");
        await broker.DeleteQueueAsync("work");
        // To the exchange, where nothing takes it: whoever publishes makes the queue anew.
        var accepted = TestFleet.Task("ok");
        await Eventually.TrueAsync(() => PublishesAsync(fleet, accepted), "the queue is there again");

        await pauses.ResumeAsync(new PauseOrder("rabbit", null, "anna", null), TestContext.Current.CancellationToken);

        await DoneAsync([accepted, .. await PublishAsync(broker, 100, "ok")]);

        async Task DoneAsync(IEnumerable<TaskMessage> tasks)
        {
            foreach (var task in tasks)
            {
                await fleet.ReachesAsync(task.Id, TaskState.Completed);
            }
        }
    }

    [Theory]
    [InlineData("exchange")]
    [InlineData("dead-exchange")]
    [InlineData("status")]
    public async Task An_exchange_that_was_deleted_is_made_again_by_whoever_publishes_to_it(string exchange)
    {
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker, archive: false);
        await broker.DeleteExchangeAsync(exchange);

        // To the exchange, as the relay does until it is confirmed.
        var accepted = TestFleet.Task("ok");
        await Eventually.TrueAsync(() => PublishesAsync(fleet, accepted), "the exchange takes tasks again", TimeSpan.FromSeconds(60));
        var failing = await PublishAsync(broker, 20, "fail");

        await fleet.ReachesAsync(accepted.Id, TaskState.Completed);
        foreach (var task in failing)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Failed);
            fleet.Log.Of(task.Id).Count.ShouldBe(1);
        }
        // The queue of the test's own was bound to the exchange that is gone: the fleet's has them all.
        await Eventually.TrueAsync(async () => await DeadAsync(broker) == 20, "every dead letter is there", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_retry_that_falls_due_while_the_work_exchange_is_gone_is_kept_until_it_is_back()
    {
        LongTests.Require("the fleet looks once a minute, and the broker tries again after three");
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var fleet = await StartAsync(broker);
        await broker.DeleteExchangeAsync("exchange");

        var tasks = await PublishAsync(broker, 20, "retry", "ok");

        await Eventually.TrueAsync(() => fleet.Stats.Completed == 21, "each has come back", TimeSpan.FromMinutes(6));
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 2);
    }

    private static async ValueTask<bool> PublishesAsync(TestFleet fleet, TaskMessage task)
    {
        try
        {
            await fleet.Transport.PublishAsync(task, TestContext.Current.CancellationToken);
            return true;
        }
        catch (PublishFailedException)
        {
            return false;
        }
    }

    private static async Task<long> DeadAsync(RabbitBroker broker)
    {
        try
        {
            return await broker.ReadyAsync($"{broker.Prefix}-dead");
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return -1;
        }
    }

    private static async Task<TestFleet> StartAsync(RabbitBroker broker, bool archive = true)
    {
        var fleet = await TestFleet.StartAsync(consumers => consumers.AddRabbit(broker.Configure), options => options.DeadLetters.Archive = archive);
        // The first task is through: everything is declared, and both connections are up.
        var first = await fleet.PublishAsync("retry", "ok");
        await fleet.ReachesAsync(first.Id, TaskState.Completed);
        return fleet;
    }

    private static async Task<TaskMessage[]> PublishAsync(RabbitBroker broker, int count, params string[] steps)
    {
        var tasks = Enumerable.Range(0, count).Select(_ => TestFleet.Task(steps)).ToArray();
        await Task.WhenAll(tasks.Select(task => broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        return tasks;
    }
}
