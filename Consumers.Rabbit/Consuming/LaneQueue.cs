using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Consumers.Rabbit;

/// <summary>
/// What is delivered and not begun. A worker takes the oldest when it runs, and not when it is woken: under load workers that are running take one delivery after another, and what had been given to one that
/// still waits for a thread would be overtaken by hundreds, none of which could be acknowledged together with those before it. Bounded by the prefetch: the broker sends no more until something is acknowledged.
/// </summary>
internal sealed class LaneQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<RabbitDelivery> _deliveries = new();
    private readonly Stack<Worker> _idle = new();
    private int _woken;
    private bool _isComplete;

    /// <summary>False when nothing more is taken.</summary>
    public bool TryAdd(RabbitDelivery delivery)
    {
        Worker? woken = null;
        lock (_lock)
        {
            if (_isComplete)
            {
                return false;
            }
            _deliveries.Enqueue(delivery);
            // Those that are woken and do not run yet will come to as many.
            if (_woken < _deliveries.Count && _idle.TryPop(out woken))
            {
                _woken++;
            }
        }
        woken?.Wake();
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out RabbitDelivery? delivery)
    {
        lock (_lock)
        {
            return _deliveries.TryDequeue(out delivery);
        }
    }

    /// <summary>Waits for a delivery; null when no more come.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RabbitDelivery?> TakeAsync(Worker worker)
    {
        var isWoken = false;
        while (true)
        {
            lock (_lock)
            {
                _woken -= isWoken ? 1 : 0;
                if (_deliveries.TryDequeue(out var delivery) || _isComplete)
                {
                    return delivery;
                }
                worker.Prepare();
                _idle.Push(worker);
            }
            await worker.Woken;
            isWoken = true;
        }
    }

    /// <summary>Nothing more is added; what is there may still be taken.</summary>
    public void Complete()
    {
        Worker[] idle;
        lock (_lock)
        {
            _isComplete = true;
            idle = [.. _idle];
            _idle.Clear();
            _woken += idle.Length;
        }
        foreach (var worker in idle)
        {
            worker.Wake();
        }
    }

    /// <summary>One who takes deliveries; waits for one of them at a time.</summary>
    /// <param name="beginsWhereDelivered">Goes on in the thread that delivers. That is the client's loop, which must not be held up by one task while there are others.</param>
    public sealed class Worker(bool beginsWhereDelivered = false) : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _woken = new() { RunContinuationsAsynchronously = !beginsWhereDelivered };

        public ValueTask Woken => new(this, _woken.Version);

        public void Prepare() => _woken.Reset();

        public void Wake() => _woken.SetResult(true);

        void IValueTaskSource.GetResult(short token) => _woken.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _woken.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _woken.OnCompleted(continuation, state, token, flags);
    }
}
