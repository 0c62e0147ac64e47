using System.Collections.Concurrent;
using System.Threading.Channels;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Runs deliveries, at most so many at once. A key has one in a worker at a time, and a slow key holds up nobody but itself.</summary>
/// <param name="isPaused">Begin nothing for now.</param>
internal sealed class KeyWorkers(int workers, Func<Delivery, Task> executeAsync, Func<bool> isPaused, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<KeyQueue> _firsts = new();
    private readonly ConcurrentQueue<KeyQueue> _due = new();

    /// <summary>One for each queue in the two above.</summary>
    private readonly Channel<bool> _ready = Channel.CreateUnbounded<bool>();
    private int _running;

    /// <summary>Deliveries that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Completes after <see cref="Complete"/>, when no worker runs any more.</summary>
    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync)));

    /// <summary>A first attempt: behind those of its key.</summary>
    /// <param name="key">Null for one that waits for no other.</param>
    public void Add(KafkaDelivery delivery, byte[]? key)
    {
        if (delivery.Partition.Enqueue(delivery, key) is { } queue)
        {
            Ready(_firsts, queue);
        }
    }

    /// <summary>A retry that is due: it waits for no other, its key went on without it, and it goes before what is newer than it.</summary>
    public void AddDue(KafkaDelivery delivery) => Ready(_due, delivery.Partition.Enqueue(delivery, key: null)!);

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _ready.Writer.TryComplete();

    private void Ready(ConcurrentQueue<KeyQueue> queues, KeyQueue queue)
    {
        queues.Enqueue(queue);
        _ready.Writer.TryWrite(true);
    }

    private async Task WorkAsync()
    {
        await foreach (var _ in _ready.Reader.ReadAllAsync())
        {
            if (!(_due.TryDequeue(out var queue) || _firsts.TryDequeue(out queue)))
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
                Ready(_firsts, queue);
            }
        }
    }
}
