using System.Collections.Concurrent;

namespace Consumers.Rabbit;

/// <summary>The deliveries of one lane that its workers have begun, and those they have dropped: at their end, and neither acknowledged nor handed back.</summary>
internal sealed class LaneInHand(LaneWork work)
{
    private readonly RabbitDelivery?[] _begun = new RabbitDelivery?[work.Workers];
    private readonly ConcurrentQueue<RabbitDelivery> _dropped = new();

    /// <summary>Not settled, and not at their end.</summary>
    public IEnumerable<RabbitDelivery> Begun => _begun.OfType<RabbitDelivery>().Where(delivery => !delivery.IsSettled);

    /// <summary>What the broker still waits for, of all that was begun.</summary>
    public IEnumerable<RabbitDelivery> Unsettled => Begun.Concat(_dropped);

    public void Begin(int worker, RabbitDelivery delivery)
    {
        delivery.Expect(work.HandlerLimit, work.Time);
        Volatile.Write(ref _begun[worker], delivery);
    }

    public void End(int worker)
    {
        if (_begun[worker] is { IsSettled: false } delivery)
        {
            _dropped.Enqueue(delivery);
        }
        Volatile.Write(ref _begun[worker], null);
    }
}
