using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>Notices a consumer that the broker has forgotten: messages are ready, slots are free, and nothing is delivered.</summary>
internal sealed class DeliveryWatchdog(RabbitQueueProbe probe, ElasticConcurrency slots, TimeSpan stalledAfter, TimeProvider time)
{
    private long _askedAt;
    private bool _isSuspect;

    /// <summary>How many messages are ready; null while all is well.</summary>
    public async ValueTask<long?> StalledAsync(IConnection connection, IReadOnlyList<RabbitLane> lanes, CancellationToken cancellationToken)
    {
        var last = lanes.Max(lane => lane.LastDeliveredAt);
        var couldTake = slots.InUse < slots.Limit && lanes.All(lane => lane.Waiting == 0 && lane.Unacked < lane.Prefetch);
        if (!couldTake || time.GetElapsedTime(last) < stalledAfter)
        {
            _isSuspect = false;
            return null;
        }
        if (time.GetElapsedTime(_askedAt) < stalledAfter / 10)
        {
            return null;
        }
        _askedAt = time.GetTimestamp();
        var ready = await probe.ReadyAsync(connection, cancellationToken);
        // Seen once, it may have come this very moment.
        var isStalled = _isSuspect && ready > 0;
        _isSuspect = ready > 0;
        return isStalled ? ready : null;
    }
}
