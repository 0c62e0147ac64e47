using Consumers.Core;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consumers.Tests.Kafka;

/// <summary>Brokers that refuse, go away, fence or forget. What is injected into the mock cluster is skipped on a real one.</summary>
public sealed class FaultTests
{
    private const short Produce = 0;
    private const short Heartbeat = 12;
    private const int NotEnoughReplicas = 19;
    private const int TopicAuthorizationFailed = 29;
    private const int FencedInstanceId = 82;

    [Theory]
    [InlineData(NotEnoughReplicas)]
    [InlineData(TopicAuthorizationFailed)]
    public async Task A_retry_that_is_not_confirmed_is_published_again_and_neither_dropped_nor_dead_lettered(int error)
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var cluster = fleet.Broker.Faults;
        var instance = await fleet.StartAsync(kafka: options => (options.PublishTimeout, options.StatusEvents) = (TimeSpan.FromSeconds(1), false));
        var task = TestFleet.Task("retry", "ok");
        var at = await fleet.Broker.PublishAsync(task, partition: 0);
        cluster.FailNext(Produce, Enumerable.Repeat(error, 4).ToArray());

        await instance.ReachesAsync(task.Id, TaskState.Completed);

        instance.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        (await fleet.Broker.DeadLettersAsync()).ShouldBeEmpty();
        await Eventually.TrueAsync(async () => (await fleet.Broker.CommittedAsync()).GetValueOrDefault(0) == at.Offset.Value + 1, "then it is committed");
    }

    [Fact]
    public async Task Dead_letters_that_are_not_confirmed_hold_their_places_pause_the_partition_and_are_published_again()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var cluster = fleet.Broker.Faults;
        for (var i = 0; i < 20; i++)
        {
            await fleet.Broker.PublishAsync(TestFleet.Task("fail"), partition: 0);
        }
        cluster.FailNext(Produce, Enumerable.Repeat(TopicAuthorizationFailed, 12).ToArray());

        var instance = await fleet.StartAsync(kafka: options => (options.StatusEvents, options.MaxInFlight) = (false, 4));

        await Eventually.TrueAsync(() => instance.Stats.Dead >= 3 && KafkaFleet.PartitionsOf(instance).Any(partition => partition is { Tier: null, IsPaused: true }), "dead letters wait to be confirmed, and the partition is paused", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => await fleet.Broker.LagAsync() == 0, "all is committed", TimeSpan.FromSeconds(60));
        (await fleet.Broker.DeadLettersAsync()).Select(dead => dead.MessageId).Distinct().Count().ShouldBe(20);
        instance.Log.Effects.GroupBy(effect => effect.Id).ShouldAllBe(task => task.Count() == 1);
    }

    [Fact]
    public async Task While_the_broker_is_away_nothing_is_committed_and_all_of_it_is_done_when_it_is_back()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 2);
        var cluster = fleet.Broker.Faults;
        var instance = await fleet.StartAsync(kafka: options => options.PublishTimeout = TimeSpan.FromSeconds(1));
        var tasks = Enumerable.Range(0, 30).Select(_ => TestFleet.Task("retry", "ok")).ToArray();
        foreach (var task in tasks)
        {
            await fleet.Broker.PublishAsync(task);
        }
        await Eventually.TrueAsync(() => instance.Log.Effects.Count >= 3, "some ran");

        cluster.SetDown();
        await Eventually.TrueAsync(() => instance.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name == "Kafka").State.Health == DependencyHealth.Down, "the state says so");
        cluster.SetUp();

        foreach (var task in tasks)
        {
            await instance.ReachesAsync(task.Id, TaskState.Completed);
            instance.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        }
        await Eventually.TrueAsync(() => instance.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name == "Kafka").State.Health == DependencyHealth.Up, "the state says so");
    }

    [Fact]
    public async Task A_publish_that_is_not_confirmed_fails_for_its_caller()
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        var cluster = fleet.Broker.Faults;
        var instance = await fleet.StartAsync(kafka: options => options.PublishTimeout = TimeSpan.FromSeconds(1));
        cluster.SetDown();

        var failure = await Should.ThrowAsync<PublishFailedException>(async () => await instance.Transport.PublishAsync(TestFleet.Task("ok"), CancellationToken.None));

        failure.Failure.ShouldBe(PublishFailure.Unavailable);
        cluster.SetUp();
        var task = TestFleet.Task("ok");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await instance.Transport.PublishAsync(task, CancellationToken.None);
                    return true;
                }
                catch (PublishFailedException)
                {
                    return false;
                }
            },
            "it is confirmed when the broker is back");
        await instance.ReachesAsync(task.Id, TaskState.Completed);
    }

    [Fact]
    [Trait("Set", "quick")]
    public async Task A_fenced_static_member_stops_with_a_clear_error()
    {
        await using var fleet = await KafkaFleet.CreateAsync();
        var cluster = fleet.Broker.Faults;
        var instance = await fleet.StartAsync(kafka: options => options.StaticMembership = true);

        // The instance is a member of three groups, and whichever's heartbeat comes next takes an error.
        cluster.FailNext(Heartbeat, Enumerable.Repeat(FencedInstanceId, 6).ToArray());

        var source = instance.Services.GetServices<IHostedService>().OfType<KafkaTaskSource>().Single();
        await Eventually.TrueAsync(() => source.ExecuteTask!.IsFaulted, "the module stops");
        source.ExecuteTask!.Exception!.InnerException.ShouldBeOfType<KafkaFencedException>().Message.ShouldContain("two instances have the same CONSUMER_ID");
        await Eventually.TrueAsync(() => instance.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, "the process stops");
    }

    [Fact]
    public async Task Records_that_were_deleted_before_they_were_read_are_a_gap_that_is_shown()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var first = await fleet.StartAsync("test-1");
        for (var i = 0; i < 5; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i));
        }
        await fleet.CompletedAsync(first, 5);
        await Eventually.TrueAsync(async () => await fleet.Broker.LagAsync() == 0, "all is committed");
        await fleet.StopAsync("test-1");
        for (var i = 5; i < 20; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i));
        }
        await fleet.Broker.DeleteRecordsAsync(0, 12);

        var second = await fleet.StartAsync("test-2");
        await fleet.CompletedAsync(second, 13);

        KafkaFleet.RebalancesOf(second).Where(entry => entry.Kind == RebalanceKind.Gap).ShouldHaveSingleItem().What.ShouldContain("the records 5 to 11 were deleted before they were read");
        fleet.Recording.All.Where(recorded => recorded.IsBegin).Select(recorded => recorded.Number).Order().ShouldBe([.. Enumerable.Range(0, 5), .. Enumerable.Range(12, 8)]);
    }

    [Fact]
    public async Task A_log_that_ends_before_what_was_committed_is_a_gap_that_is_shown_and_is_read_from_its_beginning()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        for (var i = 0; i < 5; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i));
        }
        // As of a topic that was deleted and made anew under its name.
        await fleet.Broker.CommitAsync(0, 50);

        var instance = await fleet.StartAsync();
        await fleet.CompletedAsync(instance, 5);

        KafkaFleet.RebalancesOf(instance).Where(entry => entry.Kind == RebalanceKind.Gap).ShouldHaveSingleItem().What.ShouldContain("the log ends at 5, but 50 was to be read");
        await Eventually.TrueAsync(async () => (await fleet.Broker.CommittedAsync()).GetValueOrDefault(0) == 5, "what is committed is right again");
    }
}
