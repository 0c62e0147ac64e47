namespace Consumers.Core;

/// <summary>Where dead letters are kept for people, and what they read of them. Reads are short, and never a count over rows.</summary>
public interface IDeadLetterArchive
{
    /// <summary>
    /// Writes them durably. One whose identity is known already changes nothing; one of a task that was dead-lettered before, in an earlier series, is the
    /// same entry with its <see cref="DeadLetterRow.Times"/> raised, and is dead again. Waits while the ledger is away.
    /// </summary>
    ValueTask AddAsync(IReadOnlyList<DeadLetter> batch, CancellationToken cancellationToken);

    /// <summary>
    /// Newest first, by <see cref="DeadLetterRow.Seq"/>. <paramref name="after"/> is the <see cref="DeadLetterPage.Next"/> of the page before. A page looks at some thousand entries at
    /// most: where few of them match a text or a time, it may have fewer than asked for, or none, and still a next.
    /// </summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<DeadLetterPage> ListAsync(DeadLetterFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Null when there is none.</summary>
    ValueTask<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The entry of that task; null when it was never dead-lettered.</summary>
    ValueTask<DeadLetterRow?> FindByTaskAsync(string module, string taskId, CancellationToken cancellationToken);

    /// <summary>Causes with entries that match, the one with most dead entries first. Of the filter, module, type, reason, cause and state count.</summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<IReadOnlyList<DeadLetterCause>> CausesAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>How many entries are in each state, from maintained counters; one module or, with null, all.</summary>
    ValueTask<IReadOnlyDictionary<DeadLetterState, long>> CountAsync(string? module, CancellationToken cancellationToken);
}
