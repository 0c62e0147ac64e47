using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>
/// Which partitions may go on: one at a bound, one behind a retry that is not due, or all of a paused module are paused at the client, which goes on polling.
/// Asked by the polling thread alone, after every record and at every tick.
/// </summary>
internal sealed partial class PartitionGate(IConsumer<byte[]?, byte[]?> consumer, KafkaOptions options, HeldBytes held, Func<bool> isPaused, ILogger logger)
{
    /// <summary>Pauses a partition that may not go on, and resumes one that may.</summary>
    public void Set(AssignedPartition partition)
    {
        partition.IsFull = IsFull(partition);
        var pause = partition.IsFull || partition.Head is not null || isPaused();
        if (pause == partition.IsPaused)
        {
            return;
        }
        try
        {
            if (pause)
            {
                consumer.Pause([partition.At]);
            }
            else
            {
                consumer.Resume([partition.At]);
            }
            partition.IsPaused = pause;
        }
        catch (KafkaException e)
        {
            // Taken away at this moment, or tried again at the next tick.
            Log.NotPaused(logger, partition.At.ToString(), e.Error.Reason);
        }
    }

    private bool IsFull(AssignedPartition partition)
    {
        var (inFlight, spread) = partition.Progress.Load;
        var bytes = held.Total;
        if (inFlight >= options.MaxInFlight || spread >= options.MaxSpread || bytes >= options.HeldBytes)
        {
            return true;
        }
        // It opens only with some distance: every pause drops what the client had fetched ahead.
        return partition.IsFull && (inFlight > options.MaxInFlight / 2 || bytes > options.HeldBytes / 2);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Partition} could not be paused or resumed: {Reason}")]
        public static partial void NotPaused(ILogger logger, string partition, string reason);
    }
}
