using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What operators ordered, and what came of it.</summary>
internal static class OperatorChecks
{
    /// <summary>A pause holds for every instance from this long after it was answered, in microseconds.</summary>
    private const long ObeyedWithinUs = 1_000_000;

    /// <summary>I14: a replay is one new execution: each series beyond the first was raised by one replay, and each replay raised one series, which was executed.</summary>
    public static IEnumerable<Finding> Replays(FleetHistory history, ProofInput input)
    {
        var replays = history.Lines.Where(line => line.Event == HistoryEvents.Replay).ToLookup(line => (line.Id, line.Series));
        foreach (var twice in replays.SelectMany(replay => replay).GroupBy(line => (Action: line["action"], line.Id)).Where(group => group.Select(line => line.Series).Distinct().Count() > 1))
        {
            yield return new("I14", twice.Key.Id, $"one order replayed it as series {string.Join(" and ", twice.Select(line => line.Series).Distinct())}");
        }
        foreach (var series in history.Lines.Where(line => line is { Event: HistoryEvents.Begin, Series: > 1 }).Select(line => (line.Id, line.Series)).Distinct().Where(series => !replays.Contains(series)))
        {
            yield return new("I14", series.Id, $"series {series.Series} was executed, and nobody had ordered it");
        }
        foreach (var replay in replays.Where(replay => !history.ByTask[replay.Key.Id].Any(line => line.Event == HistoryEvents.Begin && line.Series >= replay.Key.Series)))
        {
            yield return new("I14", replay.Key.Id, $"replayed as series {replay.Key.Series}, and never executed");
        }
    }

    /// <summary>I15: from a second after a pause was answered until it is lifted, no task of the module begins.</summary>
    public static IEnumerable<Finding> Pauses(FleetHistory history, ProofInput input)
    {
        long? since = null;
        foreach (var line in history.Lines.Where(line => line.Event == HistoryEvents.Pause))
        {
            if (line["op"] == "pause")
            {
                since = line.TimeUs + ObeyedWithinUs;
            }
            else if (since is { } from)
            {
                since = null;
                foreach (var effect in history.Effects.SelectMany(effects => effects).Where(effect => effect.Number("began") > from && effect.Number("began") < line.TimeUs))
                {
                    yield return new("I15", effect.Id, $"began on {effect.Instance} {(effect.Number("began") - from + ObeyedWithinUs) / 1000} ms after the pause was answered");
                }
            }
        }
    }
}
