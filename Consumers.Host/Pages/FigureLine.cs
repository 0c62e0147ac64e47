using Consumers.Host.Monitoring.Figures;

namespace Consumers.Host.Pages;

/// <summary>A line of the table that says what the charts show.</summary>
/// <param name="Sum">Null where nothing is known.</param>
internal sealed record FigureLine(DateTimeOffset Start, FigurePoint? Sum)
{
    private const int Lines = 12;

    /// <summary>The newest first.</summary>
    public static IEnumerable<FigureLine> Of(FigureSeries series)
    {
        var steps = series.Points.Count / Lines;
        return Enumerable.Range(0, Lines).Reverse().Select(line =>
        {
            var part = series with { Points = [.. series.Points.Skip(line * steps).Take(steps)] };
            return new FigureLine(series.TimeOf(line * steps), part.Last(series.Range.Length));
        });
    }
}
