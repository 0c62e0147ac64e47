using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What stays within bounds.</summary>
internal static class BoundChecks
{
    private const long RoomKb = 64 * 1024;
    private const int RoomFiles = 64;

    /// <summary>I19: a process has no more in hand than it may, and its memory and open files do not grow while the load is even.</summary>
    public static IEnumerable<Finding> Bounded(FleetHistory history, ProofInput input)
    {
        foreach (var process in Growth.Of(history.Lines))
        {
            var samples = process.Samples;
            // The first quarter is warming up; medians, so that one moment does not decide.
            var (early, late) = (samples[(samples.Length / 4)..(samples.Length / 2)], samples[(samples.Length * 3 / 4)..]);
            var (rss, rssLate) = (Median(early, "rssKb"), Median(late, "rssKb"));
            if (rssLate > (rss * 1.25) + RoomKb)
            {
                yield return new("I19", process.Instance, $"memory grew from {rss / 1024} to {rssLate / 1024} MiB (pid {process.Pid})");
            }
            var (files, filesLate) = (Median(early, "fds"), Median(late, "fds"));
            if (filesLate > files + RoomFiles)
            {
                yield return new("I19", process.Instance, $"open files grew from {files} to {filesLate} (pid {process.Pid})");
            }
        }
        if (input.MostInHand is not { } most || history.BrokerWasHit)
        {
            yield break;
        }
        foreach (var run in history.ByDelivery.Where(delivery => !history.HitRuns.Contains(delivery.Key.Run)).GroupBy(delivery => delivery.Key.Run))
        {
            var changes = run.SelectMany(delivery => delivery.Where(line => line.Event is HistoryEvents.Deliver or HistoryEvents.Ack or HistoryEvents.HandBack))
                .OrderBy(line => line.TimeUs).Select(line => line.Event == HistoryEvents.Deliver ? 1 : -1);
            var (held, highest) = (0, 0);
            foreach (var change in changes)
            {
                held += change;
                highest = Math.Max(highest, held);
            }
            if (highest > most)
            {
                yield return new("I19", run.First().First().Instance, $"had {highest} deliveries in hand at once, of at most {most}");
            }
        }
    }

    /// <summary>I20: after each fault tasks end again within the bound of its kind.</summary>
    public static IEnumerable<Finding> Recovery(FleetHistory history, ProofInput input)
    {
        foreach (var fault in history.Faults.Where(fault => fault.ProvenAtUs is not null && input.RecoversWithin.ContainsKey(fault.Kind)))
        {
            var (took, bound) = (RecoveryUs(history, fault), input.RecoversWithin[fault.Kind].TotalMicroseconds);
            if (took is null || took > bound)
            {
                yield return new("I20", fault.Id, took is null ? $"nothing ended any more after {fault.Kind}" : $"{took / 1e6:0.0} s passed after {fault.Kind} before a task ended");
            }
        }
    }

    /// <summary>From the end of a fault, or from its landing where it has none, to the next outcome; null when there was none.</summary>
    public static long? RecoveryUs(FleetHistory history, FaultSeen fault)
    {
        var from = fault.EndedAtUs ?? fault.ProvenAtUs!.Value;
        return history.Lines.FirstOrDefault(line => line.TimeUs > from && FleetHistory.IsAccepted(line))?.TimeUs - from;
    }

    private static long Median(IReadOnlyList<HistoryLine> samples, string name) => samples.Select(sample => sample.Number(name)).Order().ElementAt(samples.Count / 2);
}
