namespace Consumers.Core;

/// <summary>The durable side of publishing through the API: rows first, the broker after (DESIGN §6).</summary>
public interface ITaskLedger
{
    /// <summary>Writes QUEUED rows that are not published yet; durable when it returns. One result a message, in order.</summary>
    ValueTask<IReadOnlyList<EnqueueResult>> EnqueueAsync(string module, IReadOnlyList<TaskMessage> messages, CancellationToken cancellationToken);

    /// <summary>Notes that the broker confirmed these tasks.</summary>
    ValueTask NotePublishedAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Unfinished tasks of this module that no broker confirmed (new ones, and what <see cref="RequeueUnfinishedAsync"/> marked), written longer ago than <paramref name="olderThan"/>, oldest first.</summary>
    ValueTask<IReadOnlyList<UnpublishedTask>> FindUnpublishedAsync(string module, TimeSpan olderThan, int limit, CancellationToken cancellationToken);

    /// <summary>For a transport that forgets everything with its process: marks the module's unfinished tasks as not published, so that the relay publishes them again. Returns how many.</summary>
    ValueTask<int> RequeueUnfinishedAsync(string module, CancellationToken cancellationToken);
}

/// <param name="Series">Over 1 for a replay that a transport without a memory lost.</param>
public readonly record struct UnpublishedTask(TaskMessage Message, int Series);

public enum EnqueueResult
{
    Accepted,

    /// <summary>The same id with the same type and payload is there already: accepted once, as before.</summary>
    AlreadyThere,

    /// <summary>The same id names another task: refused.</summary>
    Conflict,

    /// <summary>Of a module that keeps no rows: the broker did not confirm it, so it may or may not have arrived. Never a ledger's answer.</summary>
    Unconfirmed,
}
