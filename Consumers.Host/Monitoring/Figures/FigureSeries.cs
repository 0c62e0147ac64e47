using Consumers.Core;

namespace Consumers.Host.Monitoring.Figures;

/// <summary>One step of the fleet.</summary>
/// <param name="Instances">Processes that told of it.</param>
internal sealed record FigurePoint(
    DateTimeOffset Start, long Completed, long Failed, long Retried, int Running, long? Backlog, DurationSpread Handling, DurationSpread Age, int Instances);

/// <summary>A range of the fleet's figures.</summary>
/// <param name="Points">The oldest first, as many as the range has steps; null where no instance told anything, which is not the same as nothing done.</param>
internal sealed record FigureSeries(FigureRange Range, DateTimeOffset From, IReadOnlyList<FigurePoint?> Points)
{
    /// <summary>By then every instance has written what it did.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(7);

    public IEnumerable<FigurePoint> Known => Points.OfType<FigurePoint>();

    /// <summary>What was told so far of the steps that are not over; null when nothing was.</summary>
    public FigurePoint? Open { get; init; }

    /// <summary>With the open steps.</summary>
    public long Completed => Known.Sum(point => point.Completed) + (Open?.Completed ?? 0);

    public long Failed => Known.Sum(point => point.Failed) + (Open?.Failed ?? 0);

    /// <summary>Begin of the first step of which anything is known; null when nothing is.</summary>
    public DateTimeOffset? Since => Known.FirstOrDefault()?.Start ?? Open?.Start;

    public DateTimeOffset TimeOf(int index) => From + (index * Range.Step);

    public double PerSecond(long count) => count / Range.Step.TotalSeconds;

    /// <summary>How many tasks came in, from what left and how the backlog changed; a task that waits for a retry counts as gone until it is back. Null where that is not known.</summary>
    public long? Arrived(int index) => index > 0 && Points[index] is { Backlog: { } now } point && Points[index - 1] is { Backlog: { } before }
        ? Math.Max(0, point.Completed + point.Failed + now - before)
        : null;

    /// <summary>When the first row of a range can have begun, for who reads it.</summary>
    public static DateTimeOffset FirstOf(FigureRange range, DateTimeOffset now) => range.StartOf(now - Settled) - range.Length;

    /// <param name="rows">Of this step, in any order.</param>
    public static FigureSeries Of(FigureRange range, IEnumerable<FigureRow> rows, DateTimeOffset now)
    {
        var from = FirstOf(range, now);
        var points = new FigurePoint?[range.Steps];
        var open = new List<FigureRow>();
        foreach (var step in rows.GroupBy(row => row.Start))
        {
            var index = (int)Math.Round((step.Key - from) / range.Step);
            if (index >= 0 && index < points.Length)
            {
                points[index] = Sum([.. step]);
            }
            else if (index >= points.Length)
            {
                open.AddRange(step);
            }
        }
        return new(range, from, points) { Open = open.Count == 0 ? null : Sum(open) };
    }

    /// <summary>Of the last steps together.</summary>
    public FigurePoint? Last(TimeSpan time)
    {
        var last = Points.TakeLast((int)Math.Ceiling(time / Range.Step)).OfType<FigurePoint>().ToArray();
        return last.Length == 0 ? null : new(
            last[0].Start, last.Sum(point => point.Completed), last.Sum(point => point.Failed), last.Sum(point => point.Retried), last.Max(point => point.Running), last.Max(point => point.Backlog),
            last.Aggregate(DurationSpread.None, (sum, point) => sum.Plus(point.Handling)), last.Aggregate(DurationSpread.None, (sum, point) => sum.Plus(point.Age)), last.Max(point => point.Instances));
    }

    private static FigurePoint Sum(IReadOnlyCollection<FigureRow> rows)
    {
        var sum = FigureRow.Sum(rows);
        return new(sum.Start, sum.Completed, sum.Failed, sum.Retried, sum.Running, sum.Backlog, sum.Handling, sum.Age, sum.Processes);
    }
}
