namespace Consumers.Core.InMemory;

/// <summary>
/// One work queue with a broker's semantics: what is delivered stays with the broker until it is acknowledged, a consumer holds at most its prefetch,
/// what a lost consumer held is delivered again, a retry waits out its delay, dead letters are kept apart. It forgets all of it with its process.
/// </summary>
public sealed class InMemoryBroker(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<InMemoryMessage> _ready = [];
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly List<InMemoryMessage> _dead = [];
    private readonly List<InMemoryConsumer> _consumers = [];
    private long _timers;
    private int _next;

    public int Ready
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count;
            }
        }
    }

    public int Consumers
    {
        get
        {
            lock (_lock)
            {
                return _consumers.Count;
            }
        }
    }

    /// <summary>What waits for its delay to pass, and when each is due.</summary>
    public IReadOnlyList<DateTimeOffset> WaitingUntil
    {
        get
        {
            lock (_lock)
            {
                return [.. _waiting.Values.Select(waiting => waiting.DueAt)];
            }
        }
    }

    public IReadOnlyList<InMemoryMessage> DeadLetters
    {
        get
        {
            lock (_lock)
            {
                return [.. _dead];
            }
        }
    }

    /// <summary>Raised when there is a dead letter more, on the publisher's thread.</summary>
    public event Action? DeadLettered;

    /// <summary>Raised for every status event, on the publisher's thread.</summary>
    public event Action<StatusEvent>? StatusAnnounced;

    /// <summary>Puts a message at the end of the work queue.</summary>
    public void Publish(InMemoryMessage message)
    {
        lock (_lock)
        {
            _ready.AddLast(message);
            Dispatch();
        }
    }

    /// <summary>Puts a message at the end of the work queue after a delay, never before it.</summary>
    public void PublishDelayed(InMemoryMessage message, TimeSpan delay)
    {
        lock (_lock)
        {
            var number = _timers++;
            var timer = time.CreateTimer(_ => Mature(number), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _waiting[number] = new Waiting(message, time.GetUtcNow() + delay, timer);
            timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    public void PublishDeadLetter(InMemoryMessage message)
    {
        lock (_lock)
        {
            _dead.Add(message);
        }
        DeadLettered?.Invoke();
    }

    /// <summary>The oldest dead letters; they stay until they are forgotten.</summary>
    public IReadOnlyList<InMemoryMessage> PeekDeadLetters(int most)
    {
        lock (_lock)
        {
            return _dead[..Math.Min(most, _dead.Count)];
        }
    }

    /// <summary>Forgets these.</summary>
    public void ForgetDeadLetters(IReadOnlyCollection<InMemoryMessage> archived)
    {
        var gone = archived.ToHashSet(ReferenceEqualityComparer.Instance);
        lock (_lock)
        {
            _dead.RemoveAll(gone.Contains);
        }
    }

    public void Announce(StatusEvent status) => StatusAnnounced?.Invoke(status);

    /// <summary>Begins to consume; every delivery goes to <paramref name="deliver"/>, which must not block.</summary>
    /// <param name="prefetch">How many deliveries the consumer may hold unacknowledged; at least 1.</param>
    public InMemoryConsumer Consume(int prefetch, Action<InMemoryDelivery> deliver)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prefetch, 1);
        var consumer = new InMemoryConsumer(this, prefetch, deliver);
        lock (_lock)
        {
            _consumers.Add(consumer);
            Dispatch();
        }
        return consumer;
    }

    internal bool Acknowledge(InMemoryConsumer consumer, long tag)
    {
        lock (_lock)
        {
            var held = consumer.Unacked.Remove(tag);
            Dispatch();
            return held;
        }
    }

    internal bool Return(InMemoryConsumer consumer, long tag)
    {
        lock (_lock)
        {
            if (!consumer.Unacked.Remove(tag, out var message))
            {
                return false;
            }
            _ready.AddFirst(message with { Redelivered = true });
            Dispatch();
            return true;
        }
    }

    /// <summary>Stops deliveries; what it holds stays with it.</summary>
    internal void Cancel(InMemoryConsumer consumer)
    {
        lock (_lock)
        {
            _consumers.Remove(consumer);
        }
    }

    /// <summary>The consumer is gone: what it held is delivered again, in its old order.</summary>
    internal void Drop(InMemoryConsumer consumer)
    {
        lock (_lock)
        {
            _consumers.Remove(consumer);
            foreach (var (_, message) in consumer.Unacked.OrderByDescending(held => held.Key))
            {
                _ready.AddFirst(message with { Redelivered = true });
            }
            consumer.Unacked.Clear();
            Dispatch();
        }
    }

    internal void SetPrefetch(InMemoryConsumer consumer, int prefetch)
    {
        lock (_lock)
        {
            consumer.Prefetch = prefetch;
            Dispatch();
        }
    }

    private void Mature(long number)
    {
        lock (_lock)
        {
            if (_waiting.Remove(number, out var waiting))
            {
                waiting.Timer.Dispose();
                _ready.AddLast(waiting.Message);
                Dispatch();
            }
        }
    }

    /// <summary>Called under the lock: hands what is ready to consumers with room, in turn.</summary>
    private void Dispatch()
    {
        var full = 0;
        while (_ready.First is { } first && full < _consumers.Count)
        {
            var consumer = _consumers[_next++ % _consumers.Count];
            if (consumer.Unacked.Count >= consumer.Prefetch)
            {
                full++;
                continue;
            }
            full = 0;
            _ready.RemoveFirst();
            consumer.Deliver(first.Value);
        }
    }

    private readonly record struct Waiting(InMemoryMessage Message, DateTimeOffset DueAt, ITimer Timer);
}
