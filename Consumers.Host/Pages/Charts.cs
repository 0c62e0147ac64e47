using System.Globalization;
using Consumers.Host.Monitoring.Figures;

namespace Consumers.Host.Pages;

/// <summary>One line of a chart.</summary>
/// <param name="Column">Its column of the API's figures.</param>
/// <param name="Values">One a step; null is a gap.</param>
internal sealed record ChartLine(string Name, string Column, IReadOnlyList<double?> Values)
{
    public double? Last { get; } = Values.LastOrDefault(value => value is not null);

    public double? Most { get; } = Values.Max();
}

/// <summary>A chart, and the same in words.</summary>
/// <param name="Unit">Behind every number.</param>
internal sealed record Chart(string Id, string Title, string Unit, IReadOnlyList<ChartLine> Lines, FigureSeries Series)
{
    public static IReadOnlyList<Chart> Of(FigureSeries series) =>
    [
        new("throughput", "Tasks a second", "/s",
        [
            Line("completed", "completedPerSecond", series, point => series.PerSecond(point.Completed)),
            Line("failed", "failedPerSecond", series, point => series.PerSecond(point.Failed)),
            Line("retried attempts", "retriedPerSecond", series, point => series.PerSecond(point.Retried)),
            new("arriving", "arrivingPerSecond", [.. series.Points.Select((_, i) => series.Arrived(i) is { } arrived ? series.PerSecond(arrived) : (double?)null)]),
        ], series),
        new("latency", "From creation to end", "ms",
        [
            Line("p50", "p50Ms", series, point => point.Age.Percentile(0.5)?.TotalMilliseconds),
            Line("p95", "p95Ms", series, point => point.Age.Percentile(0.95)?.TotalMilliseconds),
            Line("p99", "p99Ms", series, point => point.Age.Percentile(0.99)?.TotalMilliseconds),
        ], series),
        new("backlog", "Waiting and running", "",
        [
            Line("waiting", "backlog", series, point => point.Backlog),
            Line("running", "running", series, point => point.Running),
        ], series),
    ];

    public double Top { get; } = Lines.Max(line => line.Most) is { } most and > 0 ? most : 1;

    /// <summary>What the lines say, for who does not see them.</summary>
    public string Summary => Lines.All(line => line.Most is null)
        ? $"{Title}, last {Series.Range.Words}: nothing is known of this time."
        : $"{Title}, last {Series.Range.Words}: {string.Join("; ", Lines.Select(line => line.Most is { } most ? $"{line.Name} at most {Value(most)}, last {Value(line.Last)}" : $"{line.Name} none"))}.";

    public string Value(double? value) => value is not { } known ? "–"
        : Unit == "ms" ? Words.Duration(TimeSpan.FromMilliseconds(known))
        : Unit == "/s" ? Words.Rate(known)
        : Words.Number((long)known);

    /// <summary>The path of a line in a field of 1000 by 100; a gap is left out, and a lonely step is a dot.</summary>
    public string PathOf(ChartLine line)
    {
        var path = new System.Text.StringBuilder();
        var isDown = false;
        for (var i = 0; i < line.Values.Count; i++)
        {
            if (line.Values[i] is { } value)
            {
                var (x, y) = (i * 1000.0 / Math.Max(1, line.Values.Count - 1), 100 - (value / Top * 96));
                path.Append(CultureInfo.InvariantCulture, $"{(isDown ? "L" : "M")}{x:0.#} {y:0.#}{(isDown ? "" : "h.5")}");
            }
            isDown = line.Values[i] is not null;
        }
        return path.ToString();
    }

    private static ChartLine Line(string name, string column, FigureSeries series, Func<FigurePoint, double?> of) => new(name, column, [.. series.Points.Select(point => point is null ? null : of(point))]);
}
