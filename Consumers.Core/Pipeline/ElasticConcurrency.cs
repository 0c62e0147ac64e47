namespace Consumers.Core;

/// <summary>
/// How many tasks run at once: grows while deliveries wait although every slot is busy, and shrinks when slots stay empty.
/// Doubling up and stepping down one at a time follows a backlog within a second or two and does not flutter at its end.
/// </summary>
public sealed class ElasticConcurrency
{
    /// <summary>How long slots must stay empty before the limit goes down by one.</summary>
    public static readonly TimeSpan IdleStep = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly TimeProvider _time;
    private readonly int _min;
    private readonly int _max;
    private int _limit;
    private int _inUse;
    private int _peak;
    private long _idleSince;

    public ElasticConcurrency(int min, int max, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(min, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        (_min, _max, _time, _limit) = (min, max, time, min);
        _idleSince = time.GetTimestamp();
    }

    /// <summary>Tasks at once, now.</summary>
    public int Limit => Volatile.Read(ref _limit);

    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Takes a slot when one is free.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_inUse >= _limit)
            {
                return false;
            }
            Take();
            return true;
        }
    }

    /// <summary>Waits for a slot.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_inUse < _limit)
            {
                Take();
                return ValueTask.CompletedTask;
            }
            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }
        return new ValueTask(AwaitTurnAsync(turn, cancellationToken));
    }

    public void Exit()
    {
        lock (_lock)
        {
            _inUse--;
            Admit();
        }
    }

    /// <summary>Called a few times a second with how many deliveries wait for a slot.</summary>
    public void Observe(int waiting)
    {
        lock (_lock)
        {
            if (waiting > 0 && _inUse >= _limit)
            {
                _limit = Math.Min(_limit * 2, _max);
                Admit();
                Restart();
            }
            else if (_peak >= _limit)
            {
                Restart();
            }
            else if (_limit > _min && _time.GetElapsedTime(_idleSince) >= IdleStep)
            {
                _limit--;
                Restart();
            }
            _peak = Math.Max(_peak, _inUse);
        }
    }

    private void Restart()
    {
        _idleSince = _time.GetTimestamp();
        _peak = _inUse;
    }

    private void Take()
    {
        _inUse++;
        _peak = Math.Max(_peak, _inUse);
    }

    private void Admit()
    {
        while (_inUse < _limit && _waiting.TryDequeue(out var turn))
        {
            if (turn.TrySetResult())
            {
                Take();
            }
        }
    }

    private async Task AwaitTurnAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!turn.TrySetCanceled(cancellationToken))
            {
                Exit();
            }
            throw;
        }
    }
}
