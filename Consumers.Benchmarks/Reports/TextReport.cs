using System.Globalization;

namespace Consumers.Benchmarks;

/// <summary>The figures for people.</summary>
internal static class TextReport
{
    public static void WriteHead(TextWriter output, BenchReport report)
    {
        var machine = report.Machine;
        output.WriteLine($"machine  {machine.Cores} cores{(machine.Processor is { } processor ? $" ({processor})" : "")}, {Plain(machine.MemoryGiB)} GiB, {machine.Os}"
            + (machine.Load is { } load ? $", load {Plain(load)} before the start" : ""));
        output.WriteLine($"runtime  {machine.Runtime}, {machine.Gc} GC");
        if (report.Broker is { } broker)
        {
            output.WriteLine($"broker   {broker}");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"run      {report.Messages:N0} a run, {report.Rounds} interleaved round{(report.Rounds == 1 ? "" : "s")} after one of {Interleaving.WarmUpFor(report.Messages):N0} that is not counted; medians (min–max)"));
        if (!report.IsLongEnough)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"         too short to judge by: goals hold for at least {GoalTable.MinRounds} rounds of {GoalTable.MinMessages:N0}"));
        }
    }

    public static void WriteComparison(TextWriter output, ComparisonReport report)
    {
        output.WriteLine();
        output.WriteLine(report.Comparison.Title);
        var more = new List<string>();
        var rows = new List<string[]> { new[] { "", report.Comparison.Unit + "/s", "", "CPU µs", "", "alloc B", "start ms" } };
        foreach (var (variant, samples) in report.Samples)
        {
            var rate = Spread.Of(samples.Select(sample => sample.Rate));
            var cpu = Spread.Of(samples.Select(sample => sample.CpuMicroseconds));
            rows.Add([
                variant.Name, Whole(rate.Median), $"({Whole(rate.Min)}–{Whole(rate.Max)})",
                Tenth(cpu.Median), $"({Tenth(cpu.Min)}–{Tenth(cpu.Max)})",
                Whole(Spread.Of(samples.Select(sample => sample.Allocated)).Median),
                Whole(Spread.Of(samples.Select(sample => sample.StartUp.TotalMilliseconds)).Median),
            ]);
            if (Middle(samples, sample => sample.Latency?.P50) is { } p50 && Middle(samples, sample => sample.Latency?.P95) is { } p95 && Middle(samples, sample => sample.Latency?.P99) is { } p99)
            {
                more.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.Name}: latency p50 {p50:0.00} ms, p95 {p95:0.00} ms, p99 {p99:0.00} ms"));
            }
            if (Middle(samples, sample => sample.WorkingSet) is { } set)
            {
                more.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.Name}: working set {set:0} MiB"));
            }
            if (Middle(samples, sample => sample.ManagedHeap) is { } heap)
            {
                more.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.Name}: managed heap {heap:0.0} MiB"));
            }
            if (Middle(samples, sample => sample.Busy?.Alone) is { } alone && Middle(samples, sample => sample.Busy?.Watched) is { } watched)
            {
                more.Add(string.Create(CultureInfo.InvariantCulture, $"{variant.Name}: {alone:0.0} % of a core while nobody watches, {watched:0.0} % while somebody does"));
            }
        }
        WriteTable(output, rows, 0);
        more.ForEach(line => output.WriteLine($"  {line}"));
        output.WriteLine("  modes");
        WriteTable(output, [.. report.Samples.Select(samples => new[] { "  " + samples.Variant.Name, samples.Variant.Mode.ToString() })], 0, 1);
        if (report.Goals.Count > 0)
        {
            output.WriteLine("  goals (of ratios: the median of each round's)");
            WriteTable(output, [.. report.Goals.Select(Row)], 0, 3);
        }
    }

    private static double? Middle(IEnumerable<Sample> samples, Func<Sample, double?> figure) =>
        samples.Select(figure).OfType<double>().ToArray() is { Length: > 0 } values ? Spread.Of(values).Median : null;

    private static string[] Row(GoalResult result)
    {
        Func<double, string> format = result.Goal.Other is null ? Whole : Ratio;
        var sign = result.Goal.IsMinimum ? "≥" : "≤";
        var goal = result.Bound is not { } bound ? "no goal set"
            : $"{sign} {(result.Goal.Other is null ? Whole(bound) : Plain(bound))} {(result.IsMet == true ? "met" : "MISSED")}"
                + (result.Stretch is { } stretch ? $", stretch {Plain(stretch)} {(result.IsStretchMet ? "met" : "not yet")}" : "");
        return ["  " + result.Goal.Text, format(result.Reached.Median), $"({format(result.Reached.Min)}–{format(result.Reached.Max)})", goal];
    }

    /// <param name="text">The columns that hold text and start at the left; figures end at the right.</param>
    private static void WriteTable(TextWriter output, IReadOnlyList<string[]> rows, params ReadOnlySpan<int> text)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var cells = new string[row.Length];
            for (var column = 0; column < row.Length; column++)
            {
                cells[column] = text.Contains(column) ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column]);
            }
            output.WriteLine(("  " + string.Join("  ", cells)).TrimEnd());
        }
    }

    private static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Tenth(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Plain(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
