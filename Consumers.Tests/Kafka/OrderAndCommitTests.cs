using Consumers.Core;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Kafka;

/// <summary>The order of a key, what is committed meanwhile, and what bounds it.</summary>
public sealed class OrderAndCommitTests
{
    [Fact]
    public async Task First_attempts_of_a_key_run_one_after_another_in_order_whatever_they_take_and_however_they_end()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 3);
        var instance = await fleet.StartAsync(kafka: options => options.Workers = 20);
        var random = new Random(4711);
        const int tasks = 400;
        for (var i = 0; i < tasks; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i, random.Next(0, 15), random.Next(5) == 0), key: $"customer-{random.Next(7)}");
        }

        await fleet.CompletedAsync(instance, tasks);

        var side = 0;
        foreach (var key in fleet.Recording.All.Where(recorded => recorded.Attempt == 1).GroupBy(recorded => recorded.Key))
        {
            var all = key.ToArray();
            all.Where(recorded => recorded.IsBegin).Select(recorded => recorded.Number).ShouldBeInOrder();
            // Begin, end, begin, end: never two of one key at once.
            for (var i = 0; i < all.Length; i += 2)
            {
                (all[i].IsBegin, all[i + 1].IsBegin, all[i].Number == all[i + 1].Number).ShouldBe((true, false, true), $"key {key.Key}");
            }
            side++;
        }
        side.ShouldBe(7);
        MostAtOnce(fleet.Recording.All).ShouldBeGreaterThan(1, "different keys run side by side");
    }

    [Fact]
    public async Task Tasks_without_a_key_run_side_by_side_within_a_partition()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync(kafka: options => options.Workers = 200);
        for (var i = 0; i < 300; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i, delayMs: 500));
        }

        await fleet.CompletedAsync(instance, 300);

        MostAtOnce(fleet.Recording.All).ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Nothing_past_an_unsettled_record_is_committed()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync();
        await fleet.Broker.PublishAsync(TestFleet.Task("ok"), partition: 0);
        var blocked = TestFleet.Task("wait");
        var at = await fleet.Broker.PublishAsync(blocked, partition: 0);
        for (var i = 0; i < 50; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i), partition: 0);
        }
        await Eventually.TrueAsync(() => instance.Stats.Completed == 51, "all but one are done");
        await Eventually.TrueAsync(async () => (await fleet.Broker.CommittedAsync()).GetValueOrDefault(0) == at.Offset.Value, "what is below is committed");

        // Twenty commit intervals on, it is still so.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        (await fleet.Broker.CommittedAsync())[0].ShouldBe(at.Offset.Value);
        instance.Log.Gate.SetResult();

        await Eventually.TrueAsync(async () => await fleet.Broker.LagAsync() == 0, "all is committed");
    }

    [Fact]
    public async Task At_the_bound_a_partition_is_paused_and_goes_on_when_there_is_room()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync(kafka: options => (options.MaxInFlight, options.MaxSpread) = (20, 40));
        var blocked = TestFleet.Task("wait");
        await fleet.Broker.PublishAsync(blocked, partition: 0);
        for (var i = 0; i < 200; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i), partition: 0);
        }

        await Eventually.TrueAsync(() => KafkaFleet.PartitionsOf(instance).Any(partition => partition is { Tier: null, IsPaused: true } && partition.Progress.InFlight == 1), "it is paused behind the one that blocks");
        instance.Stats.Delivered.ShouldBeLessThanOrEqualTo(60, "the spread bounds what is taken");
        instance.Log.Gate.SetResult();

        await fleet.CompletedAsync(instance, 201);
    }

    [Fact]
    public async Task What_the_workers_cannot_begin_soon_waits_at_the_client_and_nothing_is_paused_for_it()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync();
        for (var i = 0; i < 600; i++)
        {
            await fleet.Broker.PublishAsync(TestFleet.Task("wait"), partition: 0);
        }

        await Eventually.TrueAsync(() => KafkaFleet.PartitionsOf(instance).Any(partition => partition is { Tier: null, Progress.InFlight: >= 256 }), "enough is taken");
        // Twenty looks later: each serves the client's callbacks, and may bring a record.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var taken = KafkaFleet.PartitionsOf(instance).Single(partition => partition.Tier is null);
        taken.IsPaused.ShouldBeFalse();
        taken.Progress.InFlight.ShouldBeLessThan(400);
        instance.Log.Gate.SetResult();

        await fleet.CompletedAsync(instance, 600);
    }

    [Fact]
    public async Task A_paused_module_begins_nothing_and_goes_on_when_it_is_resumed()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync();
        var pauses = instance.Services.GetRequiredService<IPauses>();
        await pauses.PauseAsync(new PauseOrder("kafka", null, "anna", null), CancellationToken.None);
        await Eventually.TrueAsync(() => KafkaFleet.PartitionsOf(instance).All(partition => partition.IsPaused), "every partition is paused");
        for (var i = 0; i < 10; i++)
        {
            await fleet.Broker.PublishAsync(KafkaFleet.Recorded(i));
        }

        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        fleet.Recording.All.ShouldBeEmpty();
        await pauses.ResumeAsync(new PauseOrder("kafka", null, "anna", null), CancellationToken.None);

        await fleet.CompletedAsync(instance, 10);
    }

    [Fact]
    public async Task A_handler_that_outlives_the_poll_interval_costs_no_partition()
    {
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 1);
        var instance = await fleet.StartAsync(kafka: options => options.MaxPollInterval = options.SessionTimeout);
        // Both groups have what they get: the one of the work, and the one of the retries.
        await Eventually.TrueAsync(() => KafkaFleet.RebalancesOf(instance).Count >= 2, "everything is assigned");
        var rebalances = KafkaFleet.RebalancesOf(instance).Count;
        var slow = KafkaFleet.Recorded(1, delayMs: LongTests.AreOn ? 30_000 : 9000);
        await fleet.Broker.PublishAsync(slow);

        await Eventually.TrueAsync(
            async () => (await instance.Queries.FindAsync(slow.Id, TestContext.Current.CancellationToken))?.Task.State == TaskState.Completed, "it is done", TimeSpan.FromSeconds(60));

        (await instance.ReachesAsync(slow.Id, TaskState.Completed)).Attempts.ShouldHaveSingleItem();
        KafkaFleet.RebalancesOf(instance).Count.ShouldBe(rebalances);
        await Eventually.TrueAsync(async () => await fleet.Broker.LagAsync() == 0, "it is committed");
    }

    private static int MostAtOnce(IReadOnlyList<Recorded> all)
    {
        var (running, most) = (0, 0);
        foreach (var recorded in all)
        {
            running += recorded.IsBegin ? 1 : -1;
            most = Math.Max(most, running);
        }
        return most;
    }
}
