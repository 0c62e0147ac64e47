namespace Consumers.Core.InMemory;

/// <summary>One subscription to an <see cref="InMemoryBroker"/>; disposing it is losing the connection.</summary>
public sealed class InMemoryConsumer : IDisposable
{
    private readonly InMemoryBroker _broker;
    private readonly Action<InMemoryDelivery> _deliver;
    private long _lastTag;

    internal InMemoryConsumer(InMemoryBroker broker, int prefetch, Action<InMemoryDelivery> deliver) =>
        (_broker, Prefetch, _deliver) = (broker, prefetch, deliver);

    internal Dictionary<long, InMemoryMessage> Unacked { get; } = [];

    internal int Prefetch { get; set; }

    /// <summary>Changes how many deliveries it may hold.</summary>
    public void SetPrefetch(int prefetch) => _broker.SetPrefetch(this, prefetch);

    /// <summary>No more deliveries; what it holds may still be acknowledged.</summary>
    public void Cancel() => _broker.Cancel(this);

    public void Dispose() => _broker.Drop(this);

    /// <summary>Called by the broker under its lock.</summary>
    internal void Deliver(InMemoryMessage message)
    {
        var tag = ++_lastTag;
        Unacked[tag] = message;
        _deliver(new InMemoryDelivery(_broker, this, tag, message));
    }
}
