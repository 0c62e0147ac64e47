namespace Consumers.Core;

/// <summary>The figures of the fleet over time. Every process keeps rows of its own, so nothing is counted twice; the fleet's figures are their sums. Hours later they are merged, and one row of all stays.</summary>
public interface IFigureStore
{
    /// <summary>Writes the rows, each in the place of what was there under its step, start and source; removes those of the same steps that are older than <paramref name="keep"/> says.</summary>
    /// <param name="keep">By step: how long rows stay.</param>
    ValueTask WriteAsync(IReadOnlyList<FigureRow> rows, IReadOnlyDictionary<TimeSpan, TimeSpan> keep, CancellationToken cancellationToken);

    /// <summary>All rows of a step that start then or later, of all sources.</summary>
    ValueTask<IReadOnlyList<FigureRow>> ReadAsync(TimeSpan step, DateTimeOffset from, CancellationToken cancellationToken);
}

/// <summary>What one process did in one stretch of time.</summary>
/// <param name="Step">How long the stretch is.</param>
/// <param name="Start">When it began: a multiple of <paramref name="Step"/> since 1970.</param>
/// <param name="Source">The process.</param>
/// <param name="Completed">Tasks.</param>
/// <param name="Failed">Tasks that failed for good.</param>
/// <param name="Retried">Attempts that failed and are tried again.</param>
/// <param name="Running">The most that ran at once here.</param>
/// <param name="Backlog">The most that waited in the fleet's work queues, as this process saw it; null when the brokers did not say.</param>
/// <param name="Handling">How long handlers ran.</param>
/// <param name="Age">From a task's creation to its end; replays are left out.</param>
/// <param name="Processes">Of how many this is the sum.</param>
public sealed record FigureRow(
    TimeSpan Step, DateTimeOffset Start, string Source, long Completed, long Failed, long Retried, int Running, long? Backlog, DurationSpread Handling, DurationSpread Age, int Processes = 1)
{
    /// <summary>Of one step, of all sources.</summary>
    /// <param name="rows">At least one.</param>
    public static FigureRow Sum(IReadOnlyCollection<FigureRow> rows) => rows.First() with
    {
        Source = "",
        Completed = rows.Sum(row => row.Completed),
        Failed = rows.Sum(row => row.Failed),
        Retried = rows.Sum(row => row.Retried),
        Running = rows.Sum(row => row.Running),
        // Each saw the same queues.
        Backlog = rows.Max(row => row.Backlog),
        Handling = rows.Aggregate(DurationSpread.None, (sum, row) => sum.Plus(row.Handling)),
        Age = rows.Aggregate(DurationSpread.None, (sum, row) => sum.Plus(row.Age)),
        Processes = rows.Sum(row => row.Processes),
    };
}
