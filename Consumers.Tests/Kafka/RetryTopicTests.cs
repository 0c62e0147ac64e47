using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Kafka;

/// <summary>Retries over the tiers: none early, none held up by what lies, none lost with its process.</summary>
public sealed class RetryTopicTests
{
    private static readonly RetryOptions OneSlowTier = new() { Base = TimeSpan.FromSeconds(4), Cap = TimeSpan.FromSeconds(4) };

    [Fact]
    public async Task Two_hundred_retries_over_the_tiers_are_none_early_and_none_twice()
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        var instance = await fleet.StartAsync(kafka: options => options.Workers = 20);
        var tasks = Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? TestFleet.Task("retry", "ok") : TestFleet.Task("retry", "retry", "ok")).ToArray();
        foreach (var task in tasks)
        {
            await fleet.Broker.PublishAsync(task);
        }

        foreach (var task in tasks)
        {
            var found = await instance.ReachesAsync(task.Id, TaskState.Completed);
            for (var i = 1; i < found.Attempts.Count; i++)
            {
                found.Attempts[i].StartedAt.ShouldBeGreaterThanOrEqualTo(found.Attempts[i - 1].DueAt!.Value);
            }
            instance.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe(Enumerable.Range(1, found.Attempts.Count));
        }
        await Eventually.TrueAsync(async () => await fleet.Broker.LagAsync() == 0, "all is committed");
    }

    [Fact]
    public async Task A_retry_topic_is_paused_until_its_head_is_due_and_other_topics_go_on()
    {
        await using var fleet = await KafkaFleet.CreateAsync(tiers: OneSlowTier);
        var instance = await fleet.StartAsync(shared: options => options.Retry = OneSlowTier);
        var late = TestFleet.Task("retry", "ok");
        await fleet.Broker.PublishAsync(late);
        await instance.ReachesAsync(late.Id, TaskState.Retrying);

        await Eventually.TrueAsync(() => KafkaFleet.PartitionsOf(instance).Any(partition => partition is { Tier: not null, IsPaused: true, Head: not null }), "the tier is paused behind its head");
        var quick = TestFleet.Task("ok");
        await fleet.Broker.PublishAsync(quick);

        await instance.ReachesAsync(quick.Id, TaskState.Completed);
        (await instance.Queries.FindAsync(late.Id, CancellationToken.None)).ShouldNotBeNull().Task.State.ShouldBe(TaskState.Retrying);
        await instance.ReachesAsync(late.Id, TaskState.Completed);
    }

    [Fact]
    public async Task A_retry_survives_the_instance_that_held_it_and_is_not_early_at_the_next()
    {
        await using var fleet = await KafkaFleet.CreateAsync(tiers: OneSlowTier);
        static void Slow(ConsumersOptions options) => options.Retry = OneSlowTier;
        var first = await fleet.StartAsync("test-1", shared: Slow);
        var task = TestFleet.Task("retry", "ok");
        await fleet.Broker.PublishAsync(task);
        await first.ReachesAsync(task.Id, TaskState.Retrying);
        await Eventually.TrueAsync(() => KafkaFleet.PartitionsOf(first).Any(partition => partition.Head is not null), "its tier holds it");

        await fleet.StopAsync("test-1");
        var second = await fleet.StartAsync("test-2", shared: Slow);

        var found = await second.ReachesAsync(task.Id, TaskState.Completed);
        found.Attempts.Count.ShouldBe(2);
        found.Attempts[1].StartedAt.ShouldBeGreaterThanOrEqualTo(found.Attempts[0].DueAt!.Value);
        found.Task.WorkerId.ShouldBe("test-2");
    }
}
