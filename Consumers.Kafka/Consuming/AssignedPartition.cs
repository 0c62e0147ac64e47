using Confluent.Kafka;

namespace Consumers.Kafka;

/// <summary>A partition in the hands of this process, from its assignment to its loss. An object an assignment: what belongs to an older one changes nothing here.</summary>
/// <param name="tier">The delay of its retry topic; null for the work topic.</param>
/// <param name="held">Of the process; what a lost partition held leaves it at once.</param>
internal sealed class AssignedPartition(TopicPartition at, long epoch, TimeSpan? tier, HeldBytes held, DateTimeOffset since)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], KeyQueue> _keys = new(KeyBytes.Comparer);
    private int _running;
    private long _heldBytes;
    private bool _isEnding;
    private bool _isLost;
    private TaskCompletionSource? _idle;

    public TopicPartition At { get; } = at;

    public TimeSpan? Tier { get; } = tier;

    public DateTimeOffset Since { get; } = since;

    public PartitionProgress Progress { get; } = new(epoch);

    /// <summary>What was committed last; null before the first commit.</summary>
    public long? Committed { get; set; }

    /// <summary>The head of a retry topic that is not due yet; the partition is paused behind it.</summary>
    public Parked? Head { get; set; }

    /// <summary>As the client was told.</summary>
    public bool IsPaused { get; set; }

    /// <summary>At a bound: nothing more is taken until enough of it is settled.</summary>
    public bool IsFull { get; set; }

    /// <summary>It was taken away, and the broker delivers what is unsettled to another: publishing for it here would only make it two.</summary>
    public bool IsLost => Volatile.Read(ref _isLost);

    public int Running => Volatile.Read(ref _running);

    /// <summary>Nothing more begins in it.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>Takes a record. Null when it was taken before.</summary>
    public KafkaDelivery? Take(ConsumeResult<byte[]?, byte[]?> record, KafkaTaskPublisher publisher)
    {
        if (!Progress.Begin(record.Offset.Value))
        {
            return null;
        }
        var delivery = new KafkaDelivery(this, record, publisher);
        Hold(delivery.Size);
        return delivery;
    }

    /// <summary>Puts a first attempt behind those of its key. Returns the queue that is now to be run, or null when it runs or waits already.</summary>
    public KeyQueue? Enqueue(KafkaDelivery delivery, byte[]? key)
    {
        if (key is null)
        {
            return new KeyQueue(this, null, delivery);
        }
        lock (_lock)
        {
            if (_keys.TryGetValue(key, out var queue))
            {
                queue.Waiting.Enqueue(delivery);
                return null;
            }
            return _keys[key] = new KeyQueue(this, key, delivery);
        }
    }

    /// <summary>The head of the queue, counted as running; null when the partition ends and nothing more begins.</summary>
    public KafkaDelivery? Begin(KeyQueue queue)
    {
        lock (_lock)
        {
            if (_isEnding)
            {
                return null;
            }
            _running++;
            return queue.Waiting.Peek();
        }
    }

    /// <summary>The head has run. True when the queue has more to run.</summary>
    /// <param name="again">It was handed back, and its turn comes again before those behind it.</param>
    public bool Finish(KeyQueue queue, bool again)
    {
        lock (_lock)
        {
            if (--_running == 0)
            {
                _idle?.TrySetResult();
            }
            if (!again)
            {
                Hold(-queue.Waiting.Dequeue().Size);
            }
            if (queue.Waiting.Count > 0)
            {
                return !_isEnding;
            }
            if (queue.Key is { } key)
            {
                _keys.Remove(key);
            }
            return false;
        }
    }

    /// <summary>Nothing more begins; completes when what runs has ended.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isEnding = true;
            if (_running == 0)
            {
                return Task.CompletedTask;
            }
            return (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>It is somebody else's.</summary>
    public void Lose()
    {
        _ = StopAsync();
        lock (_lock)
        {
            _isLost = true;
            held.Add(-_heldBytes);
            _heldBytes = 0;
        }
        Progress.End();
    }

    /// <summary>What a lost partition still runs is not counted: its bytes went with it.</summary>
    private void Hold(int bytes)
    {
        lock (_lock)
        {
            if (!_isLost)
            {
                _heldBytes += bytes;
                held.Add(bytes);
            }
        }
    }
}

/// <param name="DueAt">When it is given out, by the module's steady clock.</param>
internal sealed record Parked(KafkaDelivery Delivery, DateTimeOffset DueAt);

/// <summary>Deliveries that run one after another: those of one key, or a single one without a key. Guarded by its partition.</summary>
internal sealed class KeyQueue
{
    public KeyQueue(AssignedPartition partition, byte[]? key, KafkaDelivery first)
    {
        (Partition, Key) = (partition, key);
        Waiting.Enqueue(first);
    }

    public AssignedPartition Partition { get; }

    public byte[]? Key { get; }

    public Queue<KafkaDelivery> Waiting { get; } = new(1);
}
