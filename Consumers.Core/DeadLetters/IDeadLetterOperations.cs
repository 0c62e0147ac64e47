namespace Consumers.Core;

/// <summary>
/// Replays and discards of dead letters: each is an operation over a set that is frozen when it starts, kept in the ledger, run by one instance at a time, and
/// taken up by another when that one dies.
/// </summary>
public interface IDeadLetterOperations
{
    /// <summary>What an operation over this choice would do now.</summary>
    ValueTask<OperationPreview> PreviewAsync(OperationChoice choice, CancellationToken cancellationToken);

    /// <summary>
    /// Starts it, durably. The same <see cref="OperationOrder.Id"/> again answers with the operation that was started then. An entry that another operation has in
    /// its hands is left to that one.
    /// </summary>
    /// <exception cref="OperationRefusedException">The choice is empty, or its count is not the one that was expected.</exception>
    ValueTask<Operation> StartAsync(OperationOrder order, CancellationToken cancellationToken);

    /// <summary>Replays one entry with another payload, as a new task that is linked to the old one. The same <paramref name="id"/> again is the same replay.</summary>
    /// <param name="body">A task as in DESIGN §4; its id is given anew.</param>
    /// <exception cref="OperationRefusedException">The entry is not dead, or the body is no task.</exception>
    ValueTask<Operation> ReplayEditedAsync(string id, string deadLetterId, ReadOnlyMemory<byte> body, string by, string? why, CancellationToken cancellationToken);

    /// <summary>Null when there is none of that id.</summary>
    ValueTask<Operation?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first. <paramref name="after"/> is the id of the last one of the page before.</summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<IReadOnlyList<Operation>> ListAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>What became of its entries, in the order of the operation; those of one state, or all.</summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<IReadOnlyList<OperationItem>> ItemsAsync(string id, OperationItemState? state, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes or cancels it. What is published stays published; what waits stays as it is. Asked twice it is one change.</summary>
    /// <returns>The operation as it is then; null when there is none of that id.</returns>
    ValueTask<Operation?> ChangeAsync(string id, OperationChange change, string by, CancellationToken cancellationToken);
}

public enum OperationChange
{
    Pause,
    Resume,
    Cancel,
}

/// <summary>It cannot be done; the message says why, and what to do.</summary>
public sealed class OperationRefusedException(string message) : Exception(message);
