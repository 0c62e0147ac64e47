using System.Diagnostics.CodeAnalysis;

namespace Consumers.Ledger;

/// <summary>
/// What waits for the writer. Callers wait for their own commands; lazy ones wait for nobody and are dropped when too many pile up;
/// work between batches runs outside any transaction.
/// </summary>
internal sealed class CommandQueue
{
    public const int BatchSize = 512;
    private const int LazyLimit = 8192;
    private static readonly TimeSpan LazyDelay = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _arrived = new(false);
    private readonly ManualResetEventSlim _closing = new(false);
    private readonly Queue<LedgerCommand> _commands = new();
    private readonly Queue<LedgerCommand> _lazy = new();
    private readonly Queue<Action<WriterConnection>> _between = new();
    private bool _isClosed;

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>False when the queue is closed.</summary>
    public bool Add(LedgerCommand command)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }
            _commands.Enqueue(command);
            if (_commands.Count > 1)
            {
                return true;
            }
        }
        _arrived.Set();
        return true;
    }

    public void AddLazy(LedgerCommand command)
    {
        lock (_gate)
        {
            if (_isClosed || _lazy.Count >= LazyLimit)
            {
                return;
            }
            _lazy.Enqueue(command);
            if (_lazy.Count > 1)
            {
                return;
            }
        }
        _arrived.Set();
    }

    public void AddBetween(Action<WriterConnection> work)
    {
        lock (_gate)
        {
            _between.Enqueue(work);
        }
        _arrived.Set();
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
        _closing.Set();
        _arrived.Set();
    }

    /// <summary>Waits for work; then either the batch has commands or <paramref name="between"/> is set. False when the queue is closed and empty.</summary>
    public bool Take(List<LedgerCommand> batch, out Action<WriterConnection>? between)
    {
        var mayWrite = false;
        while (true)
        {
            var wait = Timeout.InfiniteTimeSpan;
            lock (_gate)
            {
                if (_between.TryDequeue(out between))
                {
                    return true;
                }
                if (_commands.Count > 0 || (_lazy.Count > 0 && (mayWrite || _isClosed)))
                {
                    Move(_commands, batch);
                    Move(_lazy, batch);
                    return true;
                }
                if (_isClosed)
                {
                    return false;
                }
                if (_lazy.Count > 0)
                {
                    wait = LazyDelay;
                }
            }
            mayWrite = !_arrived.WaitOne(wait);
        }
    }

    public bool TryTakeBetween([NotNullWhen(true)] out Action<WriterConnection>? between)
    {
        lock (_gate)
        {
            return _between.TryDequeue(out between);
        }
    }

    /// <summary>Waits for the time to pass; ends early when the queue is closed meanwhile.</summary>
    public void Pause(TimeSpan time)
    {
        if (IsClosed)
        {
            // Nothing arrives any more, so nothing ends this wait before its time.
            _arrived.WaitOne(time);
        }
        else
        {
            _closing.Wait(time);
        }
    }

    private static void Move(Queue<LedgerCommand> from, List<LedgerCommand> batch)
    {
        for (var room = BatchSize; room > 0 && from.TryDequeue(out var command); room--)
        {
            batch.Add(command);
        }
    }
}
