using System.Globalization;

namespace Consumers.Benchmarks;

/// <summary>Every goal with what was reached, as the table of docs/performance.md.</summary>
internal static class GoalReport
{
    public static void Write(TextWriter output, BenchReport report, IReadOnlyList<GoalStep> steps)
    {
        var machine = report.Machine;
        string?[] on =
        [
            $"{machine.Cores} cores{(machine.Processor is { } processor ? $" ({processor})" : "")}", $"{Plain(machine.MemoryGiB)} GiB", machine.Os, machine.Runtime, $"{machine.Gc} GC", report.Broker,
            $"MassTransit {typeof(MassTransit.IBus).Assembly.GetName().Version?.ToString(3)}", machine.Load is { } load ? $"load {Plain(load)} before the start" : null,
        ];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.At:yyyy-MM-dd}; {string.Join(", ", on.OfType<string>())}."));
        output.WriteLine($"Messages a run × interleaved rounds, after one that is not counted: {string.Join(", ", steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Scenario} {step.Messages:N0} × {step.Rounds}")))}.");
        output.WriteLine("Ratios are the median of each round's own (lowest–highest).");
        output.WriteLine();
        output.WriteLine("| goal | quorum, or no queue | | classic | |");
        output.WriteLine("|---|---:|---|---:|---|");
        var results = report.Comparisons.SelectMany(comparison => comparison.Goals).ToArray();
        foreach (var goal in GoalTable.All.Where(goal => steps.Any(step => step.Scenario == goal.Scenario)))
        {
            var quorum = results.FirstOrDefault(result => result.Goal == goal && result.Queue != QueueKind.Classic);
            var classic = results.FirstOrDefault(result => result.Goal == goal && result.Queue == QueueKind.Classic);
            output.WriteLine($"| {goal.Text} | {Reached(quorum)} | {Word(quorum)} | {Reached(classic)} | {Word(classic)} |");
        }
    }

    private static string Reached(GoalResult? result) =>
        result is null ? "" : $"{Figure(result, result.Reached.Median)} ({Figure(result, result.Reached.Min)}–{Figure(result, result.Reached.Max)})";

    private static string Word(GoalResult? result)
    {
        if (result is not { Bound: { } bound, IsMet: { } isMet })
        {
            return "";
        }
        var sign = result.Goal.IsMinimum ? "≥" : "≤";
        var stretch = result.Stretch is { } more ? $"; stretch {Plain(more)} {(result.IsStretchMet ? "met" : "not yet")}" : "";
        return $"{sign} {bound.ToString("#,0.##", CultureInfo.InvariantCulture)} {(isMet ? "met" : "**missed**")}{stretch}";
    }

    private static string Figure(GoalResult result, double value) =>
        value.ToString(result.Goal.Other is null ? "N0" : "0.00", CultureInfo.InvariantCulture);

    private static string Plain(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
