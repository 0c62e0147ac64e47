using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>Whether the run put anything to the test: when not, nothing that was seen proves anything.</summary>
internal static class FaultChecks
{
    /// <summary>I21: every planned fault landed where it should.</summary>
    public static IEnumerable<Finding> Landed(FleetHistory history)
    {
        foreach (var fault in history.Faults)
        {
            if (fault.ProvenAtUs is null)
            {
                yield return new("I21", fault.Id, $"{fault.Kind} was planned, and nothing shows that it landed");
            }
            else if (fault is { Kind: FaultSeen.Kill, Run: null })
            {
                yield return new("I21", fault.Id, "the process that was killed was none of the fleet");
            }
            else if (fault is { Kind: FaultSeen.Kill, Run: { } run } && history.Lines.Any(line => line.Run == run && line.TimeUs > fault.ProvenAtUs))
            {
                yield return new("I21", fault.Id, "the killed process went on");
            }
        }
    }

    /// <summary>I22: something happened at all, four kills in five met work in flight, and each kill led to a redelivery.</summary>
    public static IEnumerable<Finding> NotVacuous(FleetHistory history)
    {
        if (!history.Published.Values.Any(task => task.Confirmed) || history.Effects.Count == 0)
        {
            yield return new("I22", HistoryLine.Unknown, "nothing was published, or nothing was done");
        }
        var kills = history.Faults.Where(fault => fault is { Kind: FaultSeen.Kill, Run: not null }).ToArray();
        var idle = kills.Where(fault => InFlight(history, fault) == 0).ToArray();
        if (idle.Length * 5 > kills.Length)
        {
            yield return new("I22", idle[0].Id, $"{idle.Length} of {kills.Length} kills met nothing in flight");
        }
        foreach (var kill in kills.Except(idle))
        {
            if (!Open(history, kill).Any(delivery => history.ByTask[delivery.First().Id].Any(line =>
                line.Event == HistoryEvents.Deliver && line.Run != kill.Run && line.TimeUs > delivery.First().TimeUs)))
            {
                yield return new("I22", kill.Id, "nothing of what the killed process held was delivered again");
            }
        }
    }

    /// <summary>Attempts that the killed process had begun and not settled.</summary>
    public static int InFlight(FleetHistory history, FaultSeen fault) =>
        Open(history, fault).Count(delivery => delivery.Any(line => line.Event == HistoryEvents.Begin));

    private static IEnumerable<IGrouping<(string Run, long Number), HistoryLine>> Open(FleetHistory history, FaultSeen fault) =>
        history.ByDelivery.Where(delivery => delivery.Key.Run == fault.Run && !delivery.Any(line => line.Event is HistoryEvents.Outcome or HistoryEvents.HandBack or HistoryEvents.Ack));
}
