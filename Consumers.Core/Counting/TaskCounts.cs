namespace Consumers.Core;

/// <summary>What became of tasks. The success rate is <c>Processed / (Processed + Failed)</c>.</summary>
/// <param name="Processed">Tasks that completed.</param>
/// <param name="Failed">Tasks that ended in failure: permanent, exhausted or crashed.</param>
/// <param name="Retried">Attempts that failed and are tried again.</param>
/// <param name="Dead">Dead letters written: those of the failed tasks, and messages that were no tasks.</param>
/// <param name="Duplicates">Deliveries of an attempt that was settled already: no handler ran.</param>
/// <param name="BusyMs">Milliseconds spent in handlers.</param>
public readonly record struct TaskCounts(long Processed, long Failed, long Retried, long Dead, long Duplicates, long BusyMs);

/// <summary>What an attempt counts as.</summary>
public enum CountedAs
{
    Processed,
    Retried,

    /// <summary>Its task failed for good and is dead-lettered.</summary>
    Failed,
}

internal static class CountedAsExtensions
{
    public static CountedAs CountsAs(this TaskState ended) => ended switch
    {
        TaskState.Completed => CountedAs.Processed,
        TaskState.Retrying => CountedAs.Retried,
        TaskState.Failed => CountedAs.Failed,
        _ => throw new ArgumentOutOfRangeException(nameof(ended), ended, "ends no attempt"),
    };

    /// <summary>Null when this delivery is not the one whose outcome is known.</summary>
    public static CountedAs? CountsAs(this AttemptBegin.AlreadySettled settled) =>
        settled.Status is { } status && TaskStateNames.FromWire(status.Status) is { } state && state is not (TaskState.Queued or TaskState.Processing) ? state.CountsAs()
        : settled.Owed is Settlement.Retry or Settlement.DeadLetter ? SettlementPolicy.StateAfter(settled.Owed).CountsAs()
        : null;
}
