using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Kafka as the rest of the host sees it.</summary>
internal sealed class KafkaTransport(KafkaModule module) : ITaskTransport, IKafkaWatch
{
    public string Module => KafkaModule.Name;

    public bool IsDurable => !module.Cluster.IsEmbedded;

    public bool KeepsRows => module.Options.Record != RecordMode.None;

    /// <summary>The log is the truth. What the embedded cluster forgets with its process is kept as rows.</summary>
    public bool AcceptsWhenConfirmed => IsDurable || !KeepsRows;

    public IReadOnlyList<LaneState> Lanes =>
        [new(0, module.Options.Workers, module.Options.MaxInFlight, module.Running(), module.Partitions.Sum(partition => partition.Progress.InFlight))];

    public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken) => module.TaskPublisher.PublishAsync(message, cancellationToken);

    public bool CanPublish => module.Options.Enabled;

    public GuardMode Guard => module.Options.Guard;

    public ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken) => module.TaskPublisher.PublishAgainAsync(message, cancellationToken);

    public bool HasStatusEvents => module.Options.StatusEvents;

    public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken) => module.TaskPublisher.PublishStatusAsync(status, cancellationToken);

    public bool DepthsCountInHands => true;

    public async ValueTask<TransportSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var offsets = await module.Watch.OffsetsAsync().WaitAsync(cancellationToken);
        return new(
            module.Health.State,
            [
                new QueueDepth(module.Names.Work, "work", offsets?.LagOf(module.Names.Work), offsets?.Owners?.Values.Distinct().Count(), null),
                .. module.Names.Retries.Select(topic => new QueueDepth(topic, "retry", offsets?.LagOf(topic), null, module.Names.TierOf(topic))),
                // What the archivist has taken stays in the topic, but waits there no more.
                new QueueDepth(module.Names.DeadLetter, "dead", offsets?.LagOf(module.Names.DeadLetter), null, null),
            ],
            Lanes);
    }

    public async ValueTask<KafkaView> ViewAsync(CancellationToken cancellationToken)
    {
        var offsets = await module.Watch.OffsetsAsync().WaitAsync(cancellationToken);
        var before = module.Watch.Before();
        var mine = module.Partitions.DistinctBy(partition => partition.At).ToDictionary(partition => partition.At);
        var partitions = module.Topology.Partitions.TryGetValue(module.Names.Work, out var count) ? count : 0;
        return new KafkaView(
            module.Options.GroupId,
            module.Instance.Name,
            offsets?.At,
            [.. Enumerable.Range(0, partitions).Select(partition => PartitionOf(new TopicPartition(module.Names.Work, partition), offsets, before, mine))],
            [.. module.Names.Retries.Select(topic => new RetryTierView(
                topic,
                module.Names.TierOf(topic)!.Value,
                offsets?.LagOf(topic),
                mine.Values.Where(partition => partition.At.Topic == topic).Min(partition => partition.Head?.DueAt) + module.Steady.Shift))],
            offsets?.SizeOf(module.Names.DeadLetter),
            module.Options.Workers,
            module.Running(),
            module.Rebalances.Entries);
    }

    private PartitionView PartitionOf(TopicPartition at, GroupOffsets? offsets, GroupOffsets? before, Dictionary<TopicPartition, AssignedPartition> mine)
    {
        var here = mine.GetValueOrDefault(at);
        var lag = offsets?.LagOf(at);
        return new PartitionView(
            at.Topic,
            at.Partition.Value,
            here is not null ? module.Instance.Name : offsets?.Owners is { } owners ? owners.GetValueOrDefault(at, "") : null,
            offsets is not null && offsets.Committed.TryGetValue(at, out var committed) ? committed : null,
            offsets is not null && offsets.Ends.TryGetValue(at, out var end) ? end : null,
            lag,
            before?.LagOf(at) is { } earlier ? lag - earlier : null,
            offsets is null ? null : module.Watch.WaitingSince(at),
            here?.Progress.InFlight,
            here is { IsFull: true } ? $"at its bound: offset {here.Progress.Committable} is not settled" : null);
    }
}

/// <summary>For the page of the module.</summary>
public interface IKafkaWatch
{
    /// <summary>Answers also while the brokers are away.</summary>
    ValueTask<KafkaView> ViewAsync(CancellationToken cancellationToken);
}
