namespace Consumers.Core;

/// <summary>Sums over the ledger's rows, for reports. It takes as long as a walk through all tasks takes, and never holds one long read.</summary>
public interface ITaskSummaries
{
    /// <summary>
    /// Tasks by module, type and state, ordered by these. Each task is read once and counted as it was then; tasks that come in meanwhile are left out.
    /// </summary>
    /// <param name="from">Tasks created then or later; null: all.</param>
    /// <param name="to">Tasks created before; null: all.</param>
    ValueTask<IReadOnlyList<TaskSummary>> SummarizeAsync(DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken);
}

/// <param name="Type"><see cref="OtherTypes"/> for what is beyond the bound on groups.</param>
/// <param name="Attempts">Runs of the handler that came to an outcome: not those that were handed back, died, or still run.</param>
/// <param name="Retries">Retries that were scheduled.</param>
/// <param name="MeanDuration">Of these attempts; null without one.</param>
/// <param name="P95Duration">19 of 20 attempts took no longer; three significant figures. Null without an attempt.</param>
public sealed record TaskSummary(
    string Module,
    string Type,
    TaskState State,
    long Tasks,
    long Attempts,
    long Retries,
    TimeSpan? MeanDuration,
    TimeSpan? P95Duration)
{
    /// <summary>No type can be spelt like this.</summary>
    public const string OtherTypes = "(other types)";
}
