namespace Consumers.Core;

/// <summary>What pages and the API read from the ledger. Short reads on their own connection; never a count over rows.</summary>
public interface ITaskQueries
{
    /// <summary>Does, once a process, what its first read for people costs beside the read, and needs no ledger for it. Reads that come before wait for it themselves.</summary>
    Task PrepareAsync() => Task.CompletedTask;

    /// <summary>The task with its attempts, or null.</summary>
    ValueTask<TaskDetails?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first. <paramref name="after"/> is the <see cref="TaskPage.Next"/> of the page before; one that is not of this form counts as the first page.</summary>
    /// <param name="limit">1–200; clamped.</param>
    ValueTask<TaskPage> ListAsync(TaskFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Tasks by state, from maintained counters; one module or, with null, all.</summary>
    ValueTask<IReadOnlyDictionary<TaskState, long>> CountAsync(string? module, CancellationToken cancellationToken);

    /// <summary>A module's tasks, all counted at one moment: for whoever compares them with what the broker holds.</summary>
    ValueTask<TaskTally> TallyAsync(string module, CancellationToken cancellationToken);

    /// <summary>Tasks that wait for a retry, by due time: how many, and when the next is due. Capped: see <see cref="WaitingRetries.AtLeast"/>.</summary>
    ValueTask<WaitingRetries> WaitingRetriesAsync(string module, CancellationToken cancellationToken);
}

/// <param name="Counts">By state, from maintained counters.</param>
/// <param name="Unpublished">Unfinished tasks that no broker has confirmed yet; null when there are more than are counted.</param>
/// <param name="FallingDue">Retries that fell due in the last seconds: a broker that is moving one from its retry queue to the work queue counts it in neither. Null when there are more than are counted.</param>
public sealed record TaskTally(IReadOnlyDictionary<TaskState, long> Counts, long? Unpublished, long? FallingDue);

/// <summary>Every part is optional; null means any.</summary>
public sealed record TaskFilter(string? Module = null, TaskState? State = null, string? Type = null, string? Key = null, string? WorkerId = null);

/// <param name="Items">There may be fewer than asked for, or none, on a page that is not the last: looking for matches ends in time.</param>
/// <param name="Next">Hand it back as <c>after</c> for the next page; null on the last.</param>
public sealed record TaskPage(IReadOnlyList<TaskRow> Items, string? Next);

/// <summary>The row of DESIGN §6.</summary>
/// <param name="Payload">UTF-8 JSON. In lists it is left out, that is empty, when it is over 1 KiB.</param>
/// <param name="DueAt">Of a waiting retry: when it is due.</param>
public sealed record TaskRow(
    string Id,
    string Module,
    string Type,
    ReadOnlyMemory<byte> Payload,
    string? Key,
    TaskState State,
    string? WorkerId,
    int RetryCount,
    int MaxRetries,
    int Series,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartTime,
    DateTimeOffset? CompletedTime,
    DateTimeOffset? DueAt,
    string? DeadReason,
    string? ErrorMessage);

/// <param name="AwaitsPublishing">True while no broker has confirmed a task that came through the API.</param>
public sealed record TaskDetails(TaskRow Task, IReadOnlyList<AttemptRow> Attempts, bool AwaitsPublishing)
{
    /// <summary>When the API wrote it down; null for a task that came straight through the broker.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }
}

/// <param name="Outcome">Null while it runs.</param>
/// <param name="DueAt">Of an attempt that scheduled a retry: when the next is due.</param>
/// <param name="TraceId">32 hexadecimal digits; null when no trace was recorded.</param>
public sealed record AttemptRow(
    int Series,
    int Attempt,
    long Epoch,
    string WorkerId,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? Outcome,
    string? Error,
    DateTimeOffset? DueAt,
    string? TraceId = null);

/// <param name="AtLeast">True when counting stopped at a bound.</param>
public sealed record WaitingRetries(int Count, bool AtLeast, DateTimeOffset? NextDueAt, IReadOnlyList<WaitingTier> Tiers);

/// <param name="Tier">The backoff that was chosen.</param>
public sealed record WaitingTier(TimeSpan Tier, int Count, DateTimeOffset NextDueAt);
