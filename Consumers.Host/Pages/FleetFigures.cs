using System.Globalization;
using Consumers.Core;
using Consumers.Host.Monitoring.Findings;

namespace Consumers.Host.Pages;

/// <summary>The figures of the first page in words, by name: rendered into it, and sent to it while it is open.</summary>
internal static class FleetFigures
{
    public static Dictionary<string, string> Of(FleetFacts facts)
    {
        var (lately, day, budget) = (facts.Lately, facts.Day, Budget(facts));
        var figures = new Dictionary<string, string>
        {
            ["throughput"] = Words.Rate(facts.Throughput?.CompletedPerSecond),
            ["failing"] = Words.Rate(facts.Throughput?.FailedPerSecond),
            ["success"] = day is null ? "unknown" : Words.Share(day.Completed, day.Failed),
            ["budget"] = budget switch
            {
                null => day is null ? "error budget unknown" : "no task ended yet",
                < 0 => string.Create(CultureInfo.InvariantCulture, $"{1 - budget:0.#} times the failures that it allows"),
                _ => $"{Words.Percent(budget)} of the error budget left",
            },
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
    public static double? Budget(FleetFacts facts) =>
        facts.Day is { } day && day.Completed + day.Failed is > 0 and var ended ? 1 - ((double)day.Failed / ended / (1 - facts.Objective)) : null;

    private static string Time(TimeSpan? time) => time is { } known ? Words.Duration(known) : "–";
}
