using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>The order of what one process did with one delivery.</summary>
internal static class OrderChecks
{
    /// <summary>I5: no ack before the outcome is durable and what it owes is confirmed.</summary>
    public static IEnumerable<Finding> NoAckBeforeOutcome(FleetHistory history, ProofInput input)
    {
        foreach (var delivery in history.ByDelivery)
        {
            var (decided, owed) = (false, (string?)null);
            foreach (var line in delivery)
            {
                switch (line.Event)
                {
                    case HistoryEvents.Outcome when line.Number("accepted") == 1:
                        (decided, owed) = (true, line["state"] switch { "RETRYING" => "retry", "FAILED" => "dead", _ => null });
                        break;
                    case HistoryEvents.Duplicate:
                        (decided, owed) = (true, line["owed"] is "none" ? null : line["owed"]);
                        break;
                    case HistoryEvents.Park:
                        (decided, owed) = (true, "park");
                        break;
                    case HistoryEvents.Reject:
                        (decided, owed) = (true, "dead");
                        break;
                    case HistoryEvents.Out when line["kind"] == owed:
                        owed = null;
                        break;
                    case HistoryEvents.Ack when !decided:
                        yield return new("I5", line.Id, $"acknowledged by {line.Instance} before its outcome was durable");
                        break;
                    case HistoryEvents.Ack when owed is not null:
                        yield return new("I5", line.Id, $"acknowledged by {line.Instance} before the broker had confirmed its {owed} message");
                        break;
                }
            }
        }
    }

    /// <summary>I6: a state is in the ledger before it is announced, and announcements rise.</summary>
    public static IEnumerable<Finding> LedgerBeforeStatus(FleetHistory history, ProofInput input)
    {
        foreach (var delivery in history.ByDelivery)
        {
            var durable = new HashSet<string>();
            foreach (var line in delivery)
            {
                switch (line.Event)
                {
                    case HistoryEvents.Begin:
                        durable.Add("PROCESSING");
                        break;
                    case HistoryEvents.Outcome when line.Number("accepted") == 1:
                        durable.Add(line["state"]!);
                        break;
                    case HistoryEvents.Duplicate:
                        durable.UnionWith(TaskStateNames.All.Select(state => state.ToWire()));
                        break;
                    case HistoryEvents.Out when line["kind"] == "status" && !durable.Contains(line["state"]!):
                        yield return new("I6", line.Id, $"{line["state"]} was announced before it was durable");
                        break;
                }
            }
        }
        // A broker that was away takes announcements when it is back, in any order: that is what the sequence number is for.
        foreach (var finding in history.BrokerWasHit || !input.IsGuarded ? [] : Falling(history))
        {
            yield return finding;
        }
    }

    private static IEnumerable<Finding> Falling(FleetHistory history)
    {
        var last = new Dictionary<string, long>();
        // What a redelivery announces again was announced before.
        var repeats = history.ByDelivery.Where(delivery => delivery.Any(line => line.Event == HistoryEvents.Duplicate)).Select(delivery => delivery.Key).ToHashSet();
        // One that stood still announces what it was about when it wakes.
        foreach (var line in history.Lines.Where(line => line.Event == HistoryEvents.Out && line["kind"] == "status" && !repeats.Contains((line.Run, line.Number("d"))) && !history.HitRuns.Contains(line.Run)))
        {
            var seq = line.Number("seq");
            if (seq <= last.GetValueOrDefault(line.Id))
            {
                yield return new("I6", line.Id, $"status {seq} was announced after status {last[line.Id]}");
            }
            last[line.Id] = seq;
        }
    }
}
