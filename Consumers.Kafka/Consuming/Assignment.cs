using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>
/// Which partitions this process has: given, taken away in order, or lost. Called by the client on the polling thread, from inside its poll.
/// </summary>
internal sealed partial class Assignment(KafkaTopicNames names, KafkaOptions options, HeldBytes held, RebalanceLog rebalances, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CommitTimeout = TimeSpan.FromSeconds(2);

    private readonly Dictionary<TopicPartition, AssignedPartition> _partitions = [];
    private long _epoch;

    /// <summary>A copy for readers on other threads.</summary>
    public IReadOnlyList<AssignedPartition> Partitions { get; private set; } = [];

    public AssignedPartition? Find(TopicPartition at) => _partitions.GetValueOrDefault(at);

    /// <summary>Where each begins: at its committed offset, or, explicitly, at the beginning.</summary>
    public IEnumerable<TopicPartitionOffset> Assigned(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> given)
    {
        var started = time.GetTimestamp();
        var starts = StartsOf(consumer, given);
        foreach (var at in given)
        {
            Begin(at);
        }
        // Of a cooperative rebalance most members see only this: nothing new.
        if (given.Count > 0)
        {
            rebalances.Add(RebalanceKind.Assigned, Words(given), time.GetElapsedTime(started));
            Log.Assigned(logger, Words(given));
        }
        return starts;
    }

    /// <summary>Nothing more begins in them; what runs may end, within bounds; what is settled is committed; then they are another's.</summary>
    public void Revoked(OffsetCommitter committer, IReadOnlyCollection<TopicPartition> taken)
    {
        var started = time.GetTimestamp();
        var ending = taken.Select(Find).OfType<AssignedPartition>().ToArray();
        var running = Task.WhenAll(ending.Select(partition => partition.StopAsync()));
        var patience = options.MaxPollInterval / 2 < options.RevokeTimeout ? options.MaxPollInterval / 2 : options.RevokeTimeout;
        if (!running.Wait(patience))
        {
            Log.StillRunning(logger, ending.Sum(partition => partition.Running), Words(taken), patience);
        }
        CrashPoint.Hit(CrashPoints.Revoking);
        if (!committer.Finish(ending, CommitTimeout))
        {
            rebalances.Add(RebalanceKind.Uncommitted, Words(taken), CommitTimeout);
            Log.NotCommitted(logger, Words(taken));
        }
        Drop(ending);
        rebalances.Add(RebalanceKind.Revoked, Words(taken), time.GetElapsedTime(started));
        Log.Revoked(logger, Words(taken), time.GetElapsedTime(started));
    }

    public void Lost(IReadOnlyCollection<TopicPartition> gone)
    {
        Drop(gone.Select(Find).OfType<AssignedPartition>());
        rebalances.Add(RebalanceKind.Lost, Words(gone), TimeSpan.Zero);
        Log.Lost(logger, Words(gone));
    }

    /// <summary>The consumer is gone, and all it had.</summary>
    public void LoseAll() => Drop([.. _partitions.Values]);

    /// <summary>The client has no offset it could go on with: none was committed, or the log does not have it any more. Says where to go on, and tells the gap.</summary>
    /// <exception cref="KafkaException">The brokers did not answer.</exception>
    public TopicPartitionOffset Resolve(IConsumer<byte[]?, byte[]?> consumer, TopicPartition at)
    {
        var there = consumer.QueryWatermarkOffsets(at, AskTimeout);
        var committed = consumer.Committed([at], AskTimeout).Single().Offset;
        var partition = Find(at);
        var wanted = Math.Max(partition?.Progress.Next ?? -1, committed.IsSpecial ? -1 : committed.Value);
        if (wanted < 0)
        {
            Log.FromTheBeginning(logger, at.ToString());
            return new(at, there.Low);
        }
        if (wanted >= there.Low.Value && wanted <= there.High.Value)
        {
            return new(at, wanted);
        }
        var gap = wanted < there.Low.Value
            ? $"{Words([at])}: the records {wanted} to {there.Low.Value - 1} were deleted before they were read; going on at {there.Low.Value}"
            : $"{Words([at])}: the log ends at {there.High.Value}, but {wanted} was to be read: it was truncated or made anew; going on at its beginning, {there.Low.Value}";
        rebalances.Add(RebalanceKind.Gap, gap, TimeSpan.Zero);
        Log.Gap(logger, gap);
        if (wanted > there.High.Value && partition is not null)
        {
            // The offsets begin anew, and what was settled under the old ones says nothing about them.
            partition.Progress.End();
            Begin(at);
        }
        return new(at, there.Low);
    }

    private void Begin(TopicPartition at)
    {
        _partitions[at] = new AssignedPartition(at, ++_epoch, names.TierOf(at.Topic), held, time.GetUtcNow());
        Partitions = [.. _partitions.Values];
    }

    private void Drop(IEnumerable<AssignedPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            partition.Lose();
            _partitions.Remove(partition.At);
        }
        Partitions = [.. _partitions.Values];
    }

    private List<TopicPartitionOffset> StartsOf(IConsumer<byte[]?, byte[]?> consumer, List<TopicPartition> given)
    {
        try
        {
            return given.Count == 0
                ? []
                : [.. consumer.Committed(given, AskTimeout).Select(committed => committed.Offset == Offset.Unset ? new TopicPartitionOffset(committed.TopicPartition, Offset.Beginning) : committed)];
        }
        catch (KafkaException e)
        {
            // The client looks them up itself then, and asks us about each that has none.
            Log.OffsetsUnknown(logger, e.Error.Reason);
            return [.. given.Select(at => new TopicPartitionOffset(at, Offset.Unset))];
        }
    }

    private static string Words(IEnumerable<TopicPartition> partitions) => string.Join(", ", partitions
        .GroupBy(at => at.Topic, StringComparer.Ordinal).OrderBy(topic => topic.Key, StringComparer.Ordinal)
        .Select(topic => $"{topic.Key}:{string.Join('+', topic.Select(at => at.Partition.Value).Order())}"));

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Partitions assigned: {Partitions}")]
        public static partial void Assigned(ILogger logger, string partitions);

        [LoggerMessage(Level = LogLevel.Information, Message = "Partitions given up: {Partitions}, after {Took}")]
        public static partial void Revoked(ILogger logger, string partitions, TimeSpan took);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Partitions lost: {Partitions}. Another owner may have them already; what runs there changes nothing that it decides")]
        public static partial void Lost(ILogger logger, string partitions);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} tasks of {Partitions} still ran after {Patience} and go on, but the partitions are given up: the next owner waits for them")]
        public static partial void StillRunning(ILogger logger, int count, string partitions, TimeSpan patience);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The last progress of {Partitions} was not committed: the next owner begins a little further back")]
        public static partial void NotCommitted(ILogger logger, string partitions);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Partition} has no committed offset: it is read from its beginning")]
        public static partial void FromTheBeginning(ILogger logger, string partition);

        [LoggerMessage(Level = LogLevel.Error, Message = "Gap: {Gap}")]
        public static partial void Gap(ILogger logger, string gap);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The committed offsets could not be asked for: {Reason}")]
        public static partial void OffsetsUnknown(ILogger logger, string reason);
    }
}
