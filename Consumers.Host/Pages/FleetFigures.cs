using System.Globalization;
using Consumers.Core;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Findings;

namespace Consumers.Host.Pages;

/// <summary>The figures of the first page in words, by name: rendered into it, and sent to it while it is open.</summary>
internal static class FleetFigures
{
    public static Dictionary<string, string> Of(FleetFacts facts)
    {
        var (lately, month) = (facts.Lately, facts.Month);
        var figures = new Dictionary<string, string>
        {
            ["throughput"] = Words.Rate(facts.Throughput?.CompletedPerSecond),
            ["failing"] = Words.Rate(facts.Throughput?.FailedPerSecond),
            ["success"] = month is null ? "unknown" : Words.Share(month.Completed, month.Failed),
            ["span"] = Span(facts),
            ["budget"] = BudgetWords(facts),
            ["p50"] = Time(lately?.Age.Percentile(0.5)),
            ["p95"] = Time(lately?.Age.Percentile(0.95)),
            ["p99"] = Time(lately?.Age.Percentile(0.99)),
            ["handler50"] = Time(lately?.Handling.Percentile(0.5)),
            ["handler95"] = Time(lately?.Handling.Percentile(0.95)),
            ["handler99"] = Time(lately?.Handling.Percentile(0.99)),
            ["inflight"] = Words.Number(facts.InFlight),
            ["backlog"] = Words.Number(facts.Ready),
            ["drain"] = facts.Modules.Any(module => facts.Pauses.Find(module.Module) is not null) ? "paused" : Words.Drain(facts.Throughput?.Drain),
            ["dead"] = Words.Number(facts.DeadLetters),
        };
        foreach (var state in TaskStateNames.All)
        {
            figures[$"count-{state.ToRoutingKey()}"] = Words.Number(facts.Counts.Value?.GetValueOrDefault(state));
        }
        return figures;
    }

    /// <summary>How much of the failures that the objective allows is left, 1 to 0, and below when there were more; null when nothing ended.</summary>
    public static double? Budget(FleetFacts facts) => facts.Month is { } month ? 1 - Used(month.Completed, month.Failed, facts) : null;

    /// <summary>How many times the failures that the objective allows; null when nothing ended.</summary>
    private static double? Used(long completed, long failed, FleetFacts facts) =>
        completed + failed is > 0 and var ended ? (double)failed / ended / (1 - facts.Objective) : null;

    /// <summary>The time that the objective is for, or as much of it as there are figures of.</summary>
    private static string Span(FleetFacts facts) => facts.Since is { } since && facts.Now - since is var span && span < FigureRange.Month.Length - FigureRange.Month.Step
        ? Words.Duration(span)
        : FigureRange.Month.Words;

    private static string BudgetWords(FleetFacts facts)
    {
        var left = Budget(facts) switch
        {
            null => facts.Month is null ? "error budget unknown" : "no task ended yet",
            < 0 and var budget => string.Create(CultureInfo.InvariantCulture, $"{1 - budget:0.#} times the failures that it allows"),
            var budget => $"{Words.Percent(budget)} of the error budget left",
        };
        // 1 would use it up in exactly the time that it is for.
        var burns = facts.Hour is { } hour && Used(hour.Completed, hour.Failed, facts) is > 1 and var rate
            ? string.Create(CultureInfo.InvariantCulture, $"; the last hour used it {rate:0.#} times as fast as it may")
            : "";
        return left + burns;
    }

    private static string Time(TimeSpan? time) => time is { } known ? Words.Duration(known) : "–";
}
