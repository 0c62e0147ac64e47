using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consumers.Benchmarks;

/// <summary>The figures for programs: one document, with every round, so that other statistics can be made of them.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Goals are named with ÷; the document goes to a file or a pipe, not into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(BenchReport report) => JsonSerializer.Serialize(new
    {
        report.At,
        report.Machine,
        report.Broker,
        report.Messages,
        report.Rounds,
        WarmUp = Interleaving.WarmUpFor(report.Messages),
        report.IsLongEnough,
        Comparisons = report.Comparisons.Select(Shape),
    }, Options);

    private static object Shape(ComparisonReport report) => new
    {
        report.Comparison.Scenario,
        Queue = report.Comparison.Queue?.ToWire(),
        report.Comparison.Unit,
        Variants = report.Samples.Select(Shape),
        Goals = report.Goals.Select(Shape),
    };

    private static object Shape(VariantSamples variant) => new
    {
        variant.Variant.Name,
        variant.Variant.Mode,
        Rate = Round(variant.Samples, sample => sample.Rate),
        CpuMicroseconds = Round(variant.Samples, sample => sample.CpuMicroseconds),
        AllocatedBytes = Round(variant.Samples, sample => sample.Allocated),
        StartMilliseconds = Round(variant.Samples, sample => sample.StartUp.TotalMilliseconds),
        Rounds = variant.Samples.Select(sample => new
        {
            Rate = Round(sample.Rate),
            CpuMicroseconds = Round(sample.CpuMicroseconds),
            AllocatedBytes = Round(sample.Allocated),
            StartMilliseconds = Round(sample.StartUp.TotalMilliseconds),
            Seconds = Round(sample.Elapsed.TotalSeconds),
            sample.Latency,
            WorkingSetMiB = sample.WorkingSet,
            ManagedHeapMiB = sample.ManagedHeap,
            BusyPercent = sample.Busy,
        }),
    };

    private static object Shape(GoalResult result) => new
    {
        Name = result.Goal.Text,
        result.Goal.Ours,
        result.Goal.Other,
        Measure = result.Goal.Measure.ToString().ToLowerInvariant(),
        Reached = new Spread(Round(result.Reached.Median), Round(result.Reached.Min), Round(result.Reached.Max)),
        Bound = result.Bound,
        IsMinimum = result.Goal.IsMinimum,
        result.IsMet,
        result.Stretch,
    };

    private static Spread Round(IEnumerable<Sample> samples, Func<Sample, double> figure)
    {
        var spread = Spread.Of(samples.Select(figure));
        return new Spread(Round(spread.Median), Round(spread.Min), Round(spread.Max));
    }

    private static double Round(double value) => Math.Round(value, 3);
}
