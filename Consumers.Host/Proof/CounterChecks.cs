using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>I11: the counters in Redis are what the history counts.</summary>
internal static class CounterChecks
{
    /// <summary>
    /// Over the fleet each task is counted once, whatever hit it; for each instance as well, while nothing was killed between settling and counting: then whoever sees the task next counts it.
    /// </summary>
    public static IEnumerable<Finding> EqualHistory(FleetHistory history, ProofInput input)
    {
        if (input.Counters is not { } counters)
        {
            yield break;
        }
        foreach (var (instance, counts) in counters.Where(counter => counter.Value is { Processed: < 0 } or { Failed: < 0 } or { Retried: < 0 } or { Dead: < 0 } or { Duplicates: < 0 }))
        {
            yield return new("I11", instance, $"a counter is negative: {counts}");
        }
        var seen = Seen(history);
        foreach (var finding in Compare("the fleet", Sum(counters.Values), Sum(seen.Values)))
        {
            yield return finding;
        }
        foreach (var (instance, counts) in history.Faults.Count == 0 ? counters : new Dictionary<string, TaskCounts>())
        {
            foreach (var finding in Compare(instance, counts, seen.GetValueOrDefault(instance)))
            {
                yield return finding;
            }
        }
    }

    /// <summary>By the instance that settled it first: an attempt that Redis could not remember may have been settled twice, and counts once.</summary>
    private static Dictionary<string, TaskCounts> Seen(FleetHistory history)
    {
        var ends = history.Lines.Where(line => FleetHistory.IsAccepted(line) || (line.Event == HistoryEvents.Duplicate && line["state"] is not null))
            .DistinctBy(line => line["state"] == "RETRYING" ? (line.Id, line.Series, line.Attempt) : (line.Id, line.Series, 0));
        return ends.GroupBy(line => line.Instance).ToDictionary(group => group.Key, group => new TaskCounts(
            group.Count(line => line["state"] == "COMPLETED"), group.Count(line => line["state"] == "FAILED"), group.Count(line => line["state"] == "RETRYING"), 0, 0, 0));
    }

    private static IEnumerable<Finding> Compare(string who, TaskCounts redis, TaskCounts history)
    {
        foreach (var (name, counted, seen) in new[] { ("processed", redis.Processed, history.Processed), ("failed", redis.Failed, history.Failed), ("retried", redis.Retried, history.Retried) })
        {
            if (counted != seen)
            {
                yield return new("I11", who, $"{name} is {counted} in Redis, and {seen} in the history");
            }
        }
    }

    private static TaskCounts Sum(IEnumerable<TaskCounts> counts) => counts.Aggregate(default(TaskCounts), (sum, one) =>
        new TaskCounts(sum.Processed + one.Processed, sum.Failed + one.Failed, sum.Retried + one.Retried, 0, 0, 0));
}
