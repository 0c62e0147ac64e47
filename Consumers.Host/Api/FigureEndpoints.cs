using Consumers.Host.Monitoring.Figures;

namespace Consumers.Host.Api;

internal static class FigureEndpoints
{
    public static async Task<IResult> GetAsync(HttpContext context, FigureReads figures, string? range)
    {
        if (range is not null && FigureRange.All.All(known => known.Name != range))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "No such range", $"There is no range '{range}'. The ranges: {string.Join(", ", FigureRange.All.Select(known => known.Name))}.");
        }
        var series = await figures.SeriesAsync(FigureRange.Of(range), context.RequestAborted);
        return series.IsKnown
            ? TypedResults.Ok(FiguresView.Of(series.Value))
            : Problems.Of(StatusCodes.Status503ServiceUnavailable, "The figures cannot be read", $"{series.WhyUnknown}.");
    }
}

/// <summary>A range, column by column: one value a step, the oldest first. Null is a gap: no instance told anything of that step, which is not the same as nothing done.</summary>
/// <param name="From">Begin of the first step.</param>
/// <param name="CompletedPerSecond">Tasks.</param>
/// <param name="FailedPerSecond">Tasks that failed for good.</param>
/// <param name="RetriedPerSecond">Attempts.</param>
/// <param name="ArrivingPerSecond">Tasks, as far as the brokers' depths and what ended tell.</param>
/// <param name="Running">The most at once.</param>
/// <param name="Backlog">The most that waited.</param>
/// <param name="P50Ms">From a task's creation to its end.</param>
internal sealed record FiguresView(
    string Range,
    DateTimeOffset From,
    int StepSeconds,
    IReadOnlyList<double?> CompletedPerSecond,
    IReadOnlyList<double?> FailedPerSecond,
    IReadOnlyList<double?> RetriedPerSecond,
    IReadOnlyList<double?> ArrivingPerSecond,
    IReadOnlyList<int?> Running,
    IReadOnlyList<long?> Backlog,
    IReadOnlyList<double?> P50Ms,
    IReadOnlyList<double?> P95Ms,
    IReadOnlyList<double?> P99Ms,
    IReadOnlyList<int?> Instances)
{
    public static FiguresView Of(FigureSeries series) => new(
        series.Range.Name,
        series.From,
        (int)series.Range.Step.TotalSeconds,
        Rates(series, point => point.Completed),
        Rates(series, point => point.Failed),
        Rates(series, point => point.Retried),
        [.. series.Points.Select((_, i) => series.Arrived(i) is { } arrived ? (double?)Math.Round(series.PerSecond(arrived), 3) : null)],
        [.. series.Points.Select(point => point?.Running)],
        [.. series.Points.Select(point => point?.Backlog)],
        Percentiles(series, 0.5),
        Percentiles(series, 0.95),
        Percentiles(series, 0.99),
        [.. series.Points.Select(point => point?.Instances)]);

    private static double?[] Rates(FigureSeries series, Func<FigurePoint, long> of) => [.. series.Points.Select(point => point is null ? (double?)null : Math.Round(series.PerSecond(of(point)), 3))];

    private static double?[] Percentiles(FigureSeries series, double share) =>
        [.. series.Points.Select(point => point?.Age.Percentile(share) is { } time ? (double?)Math.Round(time.TotalMilliseconds, 1) : null)];
}
