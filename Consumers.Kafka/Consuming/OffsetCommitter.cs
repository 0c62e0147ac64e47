using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>
/// Commits what is settled, one request at a time and beside the polling thread, so that a coordinator that is away does not stop the polling.
/// Asked by the polling thread alone.
/// </summary>
internal sealed partial class OffsetCommitter(IConsumer<byte[]?, byte[]?> consumer, TimeSpan interval, ProcessHistory history, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan CommitAgain = TimeSpan.FromMilliseconds(100);

    private Task _commit = Task.CompletedTask;
    private long _askedAt = time.GetTimestamp();

    /// <summary>Begins a commit when it is time, there is progress and no other is under way.</summary>
    public void Tick(IEnumerable<AssignedPartition> partitions)
    {
        if (_commit.IsCompleted && time.GetElapsedTime(_askedAt) >= interval)
        {
            _askedAt = time.GetTimestamp();
            var progress = ProgressOf(partitions);
            if (progress.Length > 0)
            {
                _commit = Task.Run(() => Commit(progress));
            }
        }
    }

    /// <summary>Commits all there is, after what is under way. False when it was not confirmed within the time: the next owner begins a little further back.</summary>
    public bool Finish(IEnumerable<AssignedPartition> partitions, TimeSpan within)
    {
        var asked = time.GetTimestamp();
        // One of the tick may still be on its way: were it to arrive after the partition has another owner, it would set that one's progress back.
        if (!_commit.Wait(within))
        {
            return false;
        }
        while (ProgressOf(partitions) is { Length: > 0 } progress)
        {
            _commit = Task.Run(() => Commit(progress));
            var left = within - time.GetElapsedTime(asked);
            if (left <= TimeSpan.Zero || !_commit.Wait(left))
            {
                return false;
            }
            if (ProgressOf(partitions).Length > 0)
            {
                // The group is between two generations, say: a moment later it takes commits again.
                Task.Delay(CommitAgain, time).Wait();
            }
        }
        return true;
    }

    private static (AssignedPartition Partition, long Offset)[] ProgressOf(IEnumerable<AssignedPartition> partitions) =>
        [.. from partition in partitions
            where !partition.IsLost
            let offset = Sabotage.Is(Sabotage.CommitPastGap) ? partition.Progress.Next : partition.Progress.Committable
            where offset is not null && offset > (partition.Committed ?? -1)
            select (partition, offset.Value)];

    /// <summary>Never throws: what is not committed is settled all the same, and a redelivery of it runs nothing.</summary>
    private void Commit((AssignedPartition Partition, long Offset)[] progress)
    {
        try
        {
            Tell("ask", progress);
            consumer.Commit(progress.Select(part => new TopicPartitionOffset(part.Partition.At, part.Offset)));
            foreach (var (partition, offset) in progress)
            {
                partition.Committed = offset;
            }
            Tell("ok", progress);
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.IllegalGeneration or ErrorCode.RebalanceInProgress)
        {
            Log.BetweenGenerations(logger, progress.Length, e.Message);
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            Log.NotCommitted(logger, progress.Length, e.Message);
        }
    }

    private void Tell(string op, (AssignedPartition Partition, long Offset)[] progress)
    {
        foreach (var (partition, offset) in history.IsOn ? progress : [])
        {
            history.Write(HistoryEvents.Commit, default, 0, $"op={op} at={partition.At.Topic}:{partition.At.Partition.Value} offset={offset}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The group is rebalancing and took no commit for {Count} partitions: {Error}")]
        public static partial void BetweenGenerations(ILogger logger, int count, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The progress of {Count} partitions was not committed: {Error}. It is tried again; what is settled does not run again")]
        public static partial void NotCommitted(ILogger logger, int count, string error);
    }
}
