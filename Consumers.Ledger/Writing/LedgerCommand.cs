using System.Threading.Tasks.Sources;

namespace Consumers.Ledger;

/// <summary>Something to write, and a caller who waits until it is durable.</summary>
internal abstract class LedgerCommand
{
    /// <summary>An outcome or an enqueue: its commit reaches the disk (<c>synchronous=FULL</c>) before the caller goes on.</summary>
    public abstract bool IsOutcome { get; }

    /// <summary>Runs inside the transaction, and again after a commit that failed or whose fate is unknown: it decides by what it reads.</summary>
    public abstract void Execute(LedgerTransaction transaction);

    public abstract void Complete();

    /// <summary>Whoever waits for it goes on without blocking, and may do so in a row with others on one thread: see <see cref="CommittedBatch"/>.</summary>
    public virtual bool GoesOnInRow => false;

    public abstract void Fail(Exception exception);

    /// <summary>True when the caller gave up: nothing need be written.</summary>
    public abstract bool IsAbandoned { get; }
}

/// <inheritdoc />
/// <remarks>One object a call: it is the awaitable itself.</remarks>
internal abstract class LedgerCommand<T> : LedgerCommand, IValueTaskSource<T>
{
    // The writer's thread must not run what waits for it.
    private ManualResetValueTaskSourceCore<T> _completion = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private T? _result;
    private int _isDone;
    private volatile bool _isAbandoned;

    /// <summary>To be awaited once.</summary>
    public ValueTask<T> Completed => new(this, _completion.Version);

    /// <summary>A command that was cancelled in the middle of a commit is written all the same; its caller has left, as after any cancellation that came too late.</summary>
    public override bool IsAbandoned => _isAbandoned;

    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((LedgerCommand<T>)state!).Cancel(token), this);
        }
    }

    public override void Execute(LedgerTransaction transaction) => _result = Run(transaction);

    public override void Complete()
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            _registration.Unregister();
            _completion.RunContinuationsAsynchronously = !GoesOnInRow;
            _completion.SetResult(_result!);
        }
    }

    public override void Fail(Exception exception)
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            _registration.Unregister();
            _completion.SetException(exception);
        }
    }

    protected abstract T Run(LedgerTransaction transaction);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isDone, 1) == 0)
        {
            _isAbandoned = true;
            _completion.SetException(new OperationCanceledException(cancellationToken));
        }
    }

    T IValueTaskSource<T>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}

/// <summary>A command that is a single function.</summary>
internal sealed class LedgerWork<T>(Func<LedgerTransaction, T> work, bool isOutcome) : LedgerCommand<T>
{
    public override bool IsOutcome => isOutcome;

    protected override T Run(LedgerTransaction transaction) => work(transaction);
}
