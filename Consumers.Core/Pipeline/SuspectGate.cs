namespace Consumers.Core;

/// <summary>
/// Lets tasks run side by side, or one suspect alone. After a crash the suspects run alone, so that a second death names the guilty one
/// and blames nobody who ran beside it. A waiting suspect goes before newcomers, or a busy process would never be alone.
/// </summary>
public sealed class SuspectGate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _suspects = new();
    private readonly Queue<TaskCompletionSource> _others = new();
    private int _running;
    private bool _alone;

    /// <summary>Waits while a suspect runs or waits; then runs beside others.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (!_alone && _suspects.Count == 0)
            {
                _running++;
                return ValueTask.CompletedTask;
            }
            turn = Wait(_others);
        }
        return new ValueTask(AwaitTurnAsync(turn, Exit, cancellationToken));
    }

    /// <summary>Waits until nothing runs in this process; then runs alone.</summary>
    public ValueTask EnterAloneAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (!_alone && _running == 0)
            {
                _alone = true;
                return ValueTask.CompletedTask;
            }
            turn = Wait(_suspects);
        }
        return new ValueTask(AwaitTurnAsync(turn, ExitAlone, cancellationToken));
    }

    public void Exit()
    {
        lock (_lock)
        {
            _running--;
            Admit();
        }
    }

    public void ExitAlone()
    {
        lock (_lock)
        {
            _alone = false;
            Admit();
        }
    }

    /// <param name="alone">How it was entered.</param>
    public void Leave(bool alone)
    {
        if (alone)
        {
            ExitAlone();
        }
        else
        {
            Exit();
        }
    }

    private static TaskCompletionSource Wait(Queue<TaskCompletionSource> queue)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Enqueue(turn);
        return turn;
    }

    private async Task AwaitTurnAsync(TaskCompletionSource turn, Action leave, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Either the turn is taken off the queue when it comes up, or it came at the same moment and is passed on.
            if (!turn.TrySetCanceled(cancellationToken))
            {
                leave();
            }
            else
            {
                lock (_lock)
                {
                    Admit();
                }
            }
            throw;
        }
    }

    /// <summary>Called under the lock: lets in who may go now.</summary>
    private void Admit()
    {
        while (!_alone)
        {
            DropCancelled(_suspects);
            if (_suspects.Count > 0)
            {
                if (_running > 0)
                {
                    return;
                }
                _alone = _suspects.Dequeue().TrySetResult();
                continue;
            }
            if (!_others.TryDequeue(out var other))
            {
                return;
            }
            if (other.TrySetResult())
            {
                _running++;
            }
        }
    }

    private static void DropCancelled(Queue<TaskCompletionSource> queue)
    {
        while (queue.TryPeek(out var first) && first.Task.IsCanceled)
        {
            queue.Dequeue();
        }
    }
}
