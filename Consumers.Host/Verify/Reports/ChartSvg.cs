namespace Consumers.Host.Verify;

/// <summary>Throughput over time with the faults in it, drawn here: the page has no script.</summary>
internal static class ChartSvg
{
    private const double Width = 1060, Height = 260, Left = 46, Bottom = 30, Top = 64;

    public static Markup Of(VerifyResult result)
    {
        var timeline = result.Timeline;
        var seconds = Math.Max(1, Math.Max(timeline.Published.Count, timeline.Ended.Count));
        var most = Math.Max(1, timeline.Published.Concat(timeline.Ended).DefaultIfEmpty(0).Max());
        double X(double second) => Left + (second * (Width - Left - 24) / seconds);
        double Y(double count) => Height - Bottom - (count * (Height - Bottom - Top) / most);
        var svg = new Markup().Add($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Messages published and attempts ended, second by second\">");
        for (var i = 0; i <= 4; i++)
        {
            var count = most * i / 4.0;
            svg.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - 24}\" y1=\"{Y(count):0.0}\" y2=\"{Y(count):0.0}\"/><text class=\"axis\" x=\"{Left - 6}\" y=\"{Y(count) + 4:0.0}\" text-anchor=\"end\">{count:0}</text>");
        }
        var step = seconds <= 120 ? 10 : seconds <= 600 ? 60 : 600;
        for (var second = 0; second <= seconds; second += step)
        {
            svg.Add($"<text class=\"axis\" x=\"{X(second):0.0}\" y=\"{Height - 10}\" text-anchor=\"middle\">{second} s</text>");
        }
        var row = 0;
        foreach (var fault in result.Faults.Where(fault => fault.AtSeconds is not null).OrderBy(fault => fault.AtSeconds))
        {
            var at = X(fault.AtSeconds!.Value);
            var until = X(Math.Min(seconds, fault.AtSeconds.Value + (fault.LastedSeconds ?? 0) + (fault.RecoveredSeconds ?? 0)));
            svg.Add($"<rect class=\"fault\" x=\"{at:0.0}\" y=\"{Top}\" width=\"{Math.Max(1.5, until - at):0.0}\" height=\"{Height - Bottom - Top}\"/>");
            if (result.Faults.Count <= 30)
            {
                // Beside one another they would cover each other.
                svg.Add($"<text class=\"fault-name\" x=\"{at:0.0}\" y=\"{14 + (row++ % 4 * 13)}\">{fault.Kind}</text>");
            }
        }
        svg.Add($"{Line("published", timeline.Published, X, Y)}{Line("ended", timeline.Ended, X, Y)}</svg>");
        return svg;
    }

    private static Markup Line(string name, IReadOnlyList<int> counts, Func<double, double> x, Func<double, double> y) => new Markup().Add(
        $"<polyline class=\"{name}\" points=\"{string.Join(' ', counts.Select((count, second) => FormattableString.Invariant($"{x(second):0.0},{y(count):0.0}")))}\"/>");
}
