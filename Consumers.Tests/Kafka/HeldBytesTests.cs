using System.Text;
using Confluent.Kafka;
using Consumers.Core;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Kafka;

/// <summary>How much this process holds, counted once for all partitions, whatever becomes of them.</summary>
public sealed class HeldBytesTests
{
    private readonly HeldBytes _held = new();

    [Fact]
    public void What_is_settled_is_held_no_longer_and_what_is_handed_back_still_is()
    {
        var partition = Partition(0);
        var (first, second) = (Taken(partition, 0, 100), Taken(partition, 1, 20));
        _held.Total.ShouldBe(120);

        partition.Begin(first);
        partition.Finish(first, again: true);
        _held.Total.ShouldBe(120);
        partition.Begin(first);
        partition.Finish(first, again: false);
        _held.Total.ShouldBe(20);
        partition.Begin(second);
        partition.Finish(second, again: false);

        _held.Total.ShouldBe(0);
    }

    [Fact]
    public void A_lost_partition_takes_all_of_its_own_with_it_once_whatever_still_runs_in_it()
    {
        var (lost, kept) = (Partition(0), Partition(1));
        var running = Taken(lost, 0, 100);
        Taken(lost, 1, 50);
        Taken(kept, 0, 7);
        lost.Begin(running);

        lost.Lose();
        _held.Total.ShouldBe(7);
        lost.Finish(running, again: false);
        lost.Lose();

        _held.Total.ShouldBe(7);
    }

    [Fact]
    public async Task At_its_bound_every_partition_is_paused_and_all_is_done_in_the_end()
    {
        const int size = 300 * 1024;
        const int bound = 1024 * 1024;
        await using var fleet = await KafkaFleet.CreateAsync(partitions: 2);
        var instance = await fleet.StartAsync(kafka: options => options.HeldBytes = bound);
        var blocked = TestFleet.Task("wait");
        await fleet.Broker.PublishAsync(blocked, key: "one key for all", partition: 0);
        for (var i = 0; i < 12; i++)
        {
            await fleet.Broker.PublishAsync(Large(i, size), key: "one key for all", partition: 0);
        }

        await Eventually.TrueAsync(
            () => KafkaFleet.PartitionsOf(instance).Count(partition => partition.Tier is null) == 2 && KafkaFleet.PartitionsOf(instance).All(partition => partition.IsPaused),
            "all are paused", TimeSpan.FromSeconds(60));
        var held = KafkaFleet.HeldBy(instance);
        held.ShouldBeInRange(bound, bound + size + 1000, "it stops at the first record beyond the bound");
        instance.Log.Gate.SetResult();

        await fleet.CompletedAsync(instance, 13);
        await Eventually.TrueAsync(() => KafkaFleet.HeldBy(instance) == 0, "nothing is held any more");
    }

    private static TaskMessage Large(int number, int size) => TaskMessage.Create(
        RecordingHandler.Type,
        Encoding.UTF8.GetBytes($$"""{"number":{{number}},"delayMs":0,"failsFirst":false,"padding":"{{new string('p', size)}}"}"""),
        3,
        TimeProvider.System.GetUtcNow());

    private AssignedPartition Partition(int number) => new(new TopicPartition("work", number), 1, null, _held, TimeProvider.System.GetUtcNow());

    private static KeyQueue Taken(AssignedPartition partition, long offset, int size)
    {
        var record = new ConsumeResult<byte[]?, byte[]?> { TopicPartitionOffset = new(partition.At, offset), Message = new() { Value = new byte[size] } };
        // Nothing here publishes.
        return partition.Enqueue(partition.Take(record, null!).ShouldNotBeNull(), key: null).ShouldNotBeNull();
    }
}
