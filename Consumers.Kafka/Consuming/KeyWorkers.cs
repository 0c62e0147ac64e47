using System.Collections.Concurrent;
using System.Threading.Channels;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Runs deliveries, at most so many at once. A key has one in a worker at a time, and a slow key holds up nobody but itself.</summary>
/// <param name="isPaused">Begin nothing for now.</param>
internal sealed class KeyWorkers(int workers, Func<Delivery, ValueTask> executeAsync, Func<bool> isPaused, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<KeyQueue> _firsts = new();
    private readonly ConcurrentQueue<KeyQueue> _due = new();

    /// <summary>One for each queue in the two above.</summary>
    private readonly Channel<bool> _ready = Channel.CreateUnbounded<bool>();

    /// <summary>Enough for the workers until the polling thread looks again, however short their tasks are.</summary>
    private readonly int _enough = Math.Max(256, 4 * workers);

    private readonly object _room = new();
    private int _waitingFirsts;
    private int _running;

    /// <summary>Deliveries that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>How many more first attempts it is worth taking now: what waits beyond that keeps no worker busier.</summary>
    public int Room => Math.Max(0, _enough - Volatile.Read(ref _waitingFirsts));

    /// <summary>Blocks until half of what is enough has begun, or this long.</summary>
    public void WaitForRoom(TimeSpan atMost)
    {
        lock (_room)
        {
            if (Room == 0)
            {
                Monitor.Wait(_room, atMost);
            }
        }
    }

    /// <summary>Completes after <see cref="Complete"/>, when no worker runs any more.</summary>
    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync)));

    /// <summary>A first attempt: behind those of its key.</summary>
    /// <param name="key">Null for one that waits for no other.</param>
    public void Add(KafkaDelivery delivery, byte[]? key)
    {
        if (delivery.Partition.Enqueue(delivery, key) is { } queue)
        {
            ReadyFirst(queue);
        }
    }

    /// <summary>A retry that is due: it waits for no other, its key went on without it, and it goes before what is newer than it.</summary>
    public void AddDue(KafkaDelivery delivery) => Ready(_due, delivery.Partition.Enqueue(delivery, key: null)!);

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _ready.Writer.TryComplete();

    private void ReadyFirst(KeyQueue queue)
    {
        Interlocked.Increment(ref _waitingFirsts);
        Ready(_firsts, queue);
    }

    private void Ready(ConcurrentQueue<KeyQueue> queues, KeyQueue queue)
    {
        queues.Enqueue(queue);
        _ready.Writer.TryWrite(true);
    }

    private async Task WorkAsync()
    {
        await foreach (var _ in _ready.Reader.ReadAllAsync())
        {
            if (Next() is not { } queue)
            {
                continue;
            }
            // What was taken before the pause stays where it is.
            while (isPaused() && !queue.Partition.IsEnding)
            {
                await Task.Delay(LookAgain, time);
            }
            if (queue.Partition.Begin(queue) is not { } delivery)
            {
                continue;
            }
            Interlocked.Increment(ref _running);
            await executeAsync(delivery);
            Interlocked.Decrement(ref _running);
            if (queue.Partition.Finish(queue, delivery.ComesAgain))
            {
                // Behind the others: a key with a long queue does not keep its worker.
                ReadyFirst(queue);
            }
        }
    }

    private KeyQueue? Next()
    {
        if (_due.TryDequeue(out var due))
        {
            return due;
        }
        if (_firsts.TryDequeue(out var first) && Interlocked.Decrement(ref _waitingFirsts) == _enough / 2)
        {
            lock (_room)
            {
                Monitor.Pulse(_room);
            }
        }
        return first;
    }
}
