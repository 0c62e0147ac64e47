namespace Consumers.Core;

public enum OperationKind
{
    Replay,
    Discard,
}

public enum OperationState
{
    Running,
    Paused,

    /// <summary>Too many failed again; it can be resumed.</summary>
    Stopped,
    Cancelled,
    Done,
}

public enum OperationItemState
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>Taken up: whether it was published is not known yet.</summary>
    Claimed,

    /// <summary>The broker has it; how it ended is not known yet, or never will be (a module without rows).</summary>
    Published,

    Succeeded,
    FailedAgain,
    Discarded,

    /// <summary>Not done: it had changed meanwhile, or it cannot be done; the item says why.</summary>
    Skipped,
}

/// <summary>What to do it with.</summary>
/// <param name="Filter">All dead entries that match; null when they are named.</param>
/// <param name="Ids">These entries; null when a filter chooses them.</param>
public sealed record OperationChoice(OperationKind Kind, DeadLetterFilter? Filter, IReadOnlyList<string>? Ids);

/// <param name="Count">How many it would do.</param>
/// <param name="CutOff">The sequence number up to which it counted: hand it back in the order, and what comes later stays out.</param>
/// <param name="ReplayedBefore">How many of these were replayed before, and failed again.</param>
/// <param name="Busy">How many match, but are in the hands of another operation.</param>
public sealed record OperationPreview(long Count, long CutOff, long ReplayedBefore, long Busy);

/// <param name="Id">Chosen by whoever asks, once per intent: 1–64 characters of <c>A-Za-z0-9._:-</c>. Asked twice it is one operation.</param>
/// <param name="ExpectedCount">The count that was shown; it must still hold for the cut-off.</param>
/// <param name="By">Who asks; nobody checks it.</param>
/// <param name="Rate">At most so many a second, 0.1–10,000; null takes the configured default.</param>
/// <param name="Canary">So many first, and the rest only when these have ended well enough; 0 for none.</param>
/// <param name="StopAtFailurePercent">Stops when more than this share of at least 20 that ended (or of the canary) failed again, 1–100; 100 never stops.</param>
public sealed record OperationOrder(
    string Id,
    OperationChoice Choice,
    long CutOff,
    long ExpectedCount,
    string By,
    string? Why,
    double? Rate = null,
    int Canary = 0,
    int StopAtFailurePercent = 50)
{
    public const double LowestRate = 0.1;
    public const double HighestRate = 10_000;
}

/// <param name="Scope">The choice in words, for people: <c>type:email reason:exhausted</c>, or the ids.</param>
/// <param name="Total">The size of the frozen set.</param>
/// <param name="Note">Why it is stopped, paused or waiting; null when there is nothing to say.</param>
/// <param name="Runner">The instance that runs it; null when none does.</param>
public sealed record Operation(
    string Id,
    OperationKind Kind,
    OperationState State,
    string Scope,
    string By,
    string? Why,
    double Rate,
    int Canary,
    int StopAtFailurePercent,
    long Total,
    long Waiting,
    long Published,
    long Succeeded,
    long FailedAgain,
    long Discarded,
    long Skipped,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt,
    string? Note,
    string? Runner);

/// <param name="TaskId">The task that runs now; null when the entry is no task.</param>
/// <param name="Error">Why it was skipped or failed again.</param>
public sealed record OperationItem(string DeadLetterId, string? TaskId, OperationItemState State, DateTimeOffset? At, string? Error);
