namespace Consumers.Core;

/// <summary>
/// Remembers which attempts began and how they were settled, so that a redelivery is recognized and a late owner changes nothing.
/// Calls wait while the guard's store is away; they end early only by cancellation.
/// </summary>
public interface IAttemptGuard
{
    /// <summary>What it begins and settles is told to the fleet's counters in the same step, and so must not be told them again.</summary>
    bool Counts => false;

    /// <summary>Begins the attempt that this message asks for, durably, or says why not.</summary>
    ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken);

    /// <summary>Writes the outcome and what is owed, durably, but only while the epoch is still the caller's.</summary>
    ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken);

    /// <summary>Takes back a begun attempt that was interrupted by shutdown: it costs no attempt and blames nobody.</summary>
    ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken);

    /// <summary>Notes that what was owed is published and confirmed. Lazy: losing the note costs a duplicate that is suppressed, never a loss.</summary>
    void NotePaid(AttemptKey key);
}

/// <param name="Series">As the headers claim; the guard's own knowledge holds when it has any.</param>
/// <param name="Solitary">True when nothing else runs in this process: only such an attempt is blamed when the process dies.</param>
/// <param name="Module">The module that delivered it, lower case.</param>
/// <param name="TraceId">Of the attempt's span, where one is recorded.</param>
public sealed record AttemptRequest(TaskMessage Message, int Series, string Module, bool Solitary, string? TraceId = null);

/// <summary>What the guard answers when an attempt asks to begin.</summary>
public abstract record AttemptBegin
{
    private AttemptBegin() { }

    /// <summary>Run the handler. The epoch is the fencing token for the outcome.</summary>
    /// <param name="Seq">Sequence number of the PROCESSING status event.</param>
    /// <param name="MaxRetries">As the guard knows it from the task's first message; null when it only knows what this message says.</param>
    /// <param name="Ticket">The guard's own, which it finds again in <see cref="AttemptResult.Begun"/>; null when it needs none.</param>
    public sealed record Begun(AttemptKey Key, long Epoch, long Seq, int? MaxRetries = null, object? Ticket = null) : AttemptBegin;

    /// <summary>This attempt has an outcome already: do not run, pay what is owed, acknowledge.</summary>
    /// <param name="Owed">What was decided; <see cref="Settlement.Ack"/> when nothing is left to publish.</param>
    /// <param name="Status">The event that announced it, to be published again when the first may be lost; null when none is due.</param>
    public sealed record AlreadySettled(AttemptKey Key, Settlement Owed, StatusEvent? Status) : AttemptBegin;

    /// <summary>Another live owner runs it: come back later with the retry count unchanged.</summary>
    public sealed record RunningElsewhere : AttemptBegin
    {
        public static readonly RunningElsewhere Instance = new();
    }

    /// <summary>A retry that came early: park it until it is due.</summary>
    public sealed record NotDue(DateTimeOffset DueAt) : AttemptBegin;

    /// <summary>Its id names another task, with another type or payload: it is no delivery of that one, and must not pass for its duplicate.</summary>
    public sealed record Conflict : AttemptBegin
    {
        public static readonly Conflict Instance = new();
    }

    /// <summary>An earlier owner died while it ran: ask again with <see cref="AttemptRequest.Solitary"/>, alone in the process.</summary>
    public sealed record Suspect : AttemptBegin
    {
        public static readonly Suspect Instance = new();
    }
}

/// <param name="Begun">The begin that it ends, as the guard gave it.</param>
/// <param name="State">The state that the task is in from now on.</param>
/// <param name="Outcome">One word for the attempt's row: <c>success</c>, <c>retryable</c>, <c>permanent</c>, <c>timeout</c>, …</param>
/// <param name="Busy">Spent in the handler.</param>
public readonly record struct AttemptResult(
    AttemptBegin.Begun Begun,
    TaskState State,
    string Outcome,
    Settlement Owed,
    string? Error,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    TimeSpan Busy = default)
{
    public AttemptKey Key => Begun.Key;

    public long Epoch => Begun.Epoch;
}

/// <param name="Accepted">False when the epoch was stale: another owner took the attempt over, and nothing was written.</param>
/// <param name="Seq">Sequence number of the status event.</param>
public readonly record struct AttemptEnd(bool Accepted, long Seq);
