using Consumers.Core;

namespace Consumers.Host.Monitoring.Figures;

/// <summary>What this process has counted since it started.</summary>
internal sealed record FigureTotals(long Completed, long Failed, long Retried, DurationSpread Handling, DurationSpread Age)
{
    public static readonly FigureTotals Zero = new(0, 0, 0, DurationSpread.None, DurationSpread.None);

    public static FigureTotals Of(PipelineStats stats) => stats.All.Aggregate(Zero, static (sum, module) => new(
        sum.Completed + module.Totals.Processed, sum.Failed + module.Totals.Failed, sum.Retried + module.Totals.Retried,
        sum.Handling.Plus(module.Handling.Current), sum.Age.Plus(module.Age.Current)));
}

/// <summary>
/// Spreads what a process counts over the steps of every range. A row always has the whole of its step, so it may be written as often as one likes. Not thread-safe.
/// </summary>
/// <param name="process">Tells this process's rows from all others'.</param>
internal sealed class FigureBook(string process)
{
    /// <summary>While the ledger is away rows pile up here: so many, then those are given up that are shown for the shortest time.</summary>
    internal const int MostUnsaved = 1000;

    private readonly Dictionary<(TimeSpan Step, DateTimeOffset Start, string Source), FigureRow> _unsaved = [];
    private readonly Dictionary<FigureRange, FigureRow> _open = [];
    private FigureTotals _last = FigureTotals.Zero;
    private int _clockSets;

    /// <summary>A step of the shortest range is over, or rows of one wait.</summary>
    public bool IsDue { get; private set; }

    public IReadOnlyList<FigureRow> Unsaved => [.. _unsaved.Values];

    public void Add(DateTimeOffset now, FigureTotals totals, int running, long? backlog)
    {
        // A step that was closed may be written already: what comes after the clock went back gets rows of its own.
        if (_open.Any(open => open.Key.StartOf(now) < open.Value.Start))
        {
            _clockSets++;
            _open.Clear();
        }
        foreach (var range in FigureRange.All)
        {
            var start = range.StartOf(now);
            if (!_open.TryGetValue(range, out var row) || row.Start != start)
            {
                IsDue |= row is not null;
                row = new FigureRow(range.Step, start, Source, 0, 0, 0, 0, null, DurationSpread.None, DurationSpread.None);
            }
            row = row with
            {
                Completed = row.Completed + totals.Completed - _last.Completed,
                Failed = row.Failed + totals.Failed - _last.Failed,
                Retried = row.Retried + totals.Retried - _last.Retried,
                Running = Math.Max(row.Running, running),
                Backlog = row.Backlog is { } most && backlog is { } waiting ? Math.Max(most, waiting) : row.Backlog ?? backlog,
                Handling = row.Handling.Plus(totals.Handling.Since(_last.Handling)),
                Age = row.Age.Plus(totals.Age.Since(_last.Age)),
            };
            _open[range] = row;
            _unsaved[KeyOf(row)] = row;
        }
        _last = totals;
        while (_unsaved.Count > MostUnsaved)
        {
            _unsaved.Remove(_unsaved.Keys.MinBy(row => FigureRange.EndOf(row.Step, row.Start)));
        }
    }

    /// <summary>These are durable, as they are here.</summary>
    public void Saved(IEnumerable<FigureRow> rows)
    {
        foreach (var row in rows)
        {
            if (_unsaved.TryGetValue(KeyOf(row), out var now) && ReferenceEquals(now, row))
            {
                _unsaved.Remove(KeyOf(row));
            }
        }
        IsDue = false;
    }

    private string Source => _clockSets == 0 ? process : $"{process}~{_clockSets}";

    private static (TimeSpan Step, DateTimeOffset Start, string Source) KeyOf(FigureRow row) => (row.Step, row.Start, row.Source);
}
