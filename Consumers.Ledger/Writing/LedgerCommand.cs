namespace Consumers.Ledger;

/// <summary>Something to write, and a caller who waits until it is durable.</summary>
internal abstract class LedgerCommand
{
    /// <summary>An outcome or an enqueue: its commit reaches the disk (<c>synchronous=FULL</c>) before the caller goes on.</summary>
    public required bool IsOutcome { get; init; }

    /// <summary>Runs inside the transaction, and again after a commit that failed or whose fate is unknown: it decides by what it reads.</summary>
    public abstract void Execute(LedgerTransaction transaction);

    public abstract void Complete();

    public abstract void Fail(Exception exception);

    /// <summary>True when the caller gave up: nothing need be written.</summary>
    public abstract bool IsAbandoned { get; }
}

/// <inheritdoc />
internal sealed class LedgerCommand<T> : LedgerCommand
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private T? _result;

    public LedgerCommand(CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((LedgerCommand<T>)state!)._completion.TrySetCanceled(token), this);
        }
    }

    public required Func<LedgerTransaction, T> Work { get; init; }

    public Task<T> Task => _completion.Task;

    /// <summary>A command that was cancelled in the middle of a commit is written all the same; its caller has left, as after any cancellation that came too late.</summary>
    public override bool IsAbandoned => _completion.Task.IsCanceled;

    public override void Execute(LedgerTransaction transaction) => _result = Work(transaction);

    public override void Complete()
    {
        if (_cancellation.CanBeCanceled)
        {
            _registration.Dispose();
        }
        _completion.TrySetResult(_result!);
    }

    public override void Fail(Exception exception) => _completion.TrySetException(exception);
}
