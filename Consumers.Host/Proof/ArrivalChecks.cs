using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>What went in came out: no loss, no invention, nothing stuck, nothing left over.</summary>
internal static class ArrivalChecks
{
    /// <summary>I1: every confirmed task is there, and it failed if and only if exactly one attempt of it is dead-lettered.</summary>
    public static IEnumerable<Finding> NoLoss(FleetHistory history, ProofInput input)
    {
        var dead = input.DeadLetters.ToLookup(letter => letter.Id);
        foreach (var task in Tasks(history).Where(task => task.Confirmed))
        {
            var known = input.Ledger is { } ledger ? ledger.ContainsKey(task.Id) : history.ByTask[task.Id].Any();
            var state = StateOf(task.Id, history, input);
            // Those of earlier series were replayed.
            var series = SeriesOf(task.Id, history, input);
            var letters = dead[task.Id].Where(letter => letter.Series >= series).DistinctBy(letter => (letter.Series, letter.Attempt)).Count();
            if (!known)
            {
                yield return new("I1", task.Id, letters > 0
                    ? "dead-lettered by the broker, and nobody had begun it: it counted to its delivery limit"
                    : "confirmed by the broker, and nobody knows of it: lost");
            }
            else if (state == TaskState.Failed && letters != 1)
            {
                yield return new("I1", task.Id, $"failed, with {letters} dead letters");
            }
            else if (state == TaskState.Completed && letters > 0)
            {
                yield return new("I1", task.Id, "completed, and dead-lettered");
            }
        }
    }

    /// <summary>I2: nothing ran, is in the ledger or is dead-lettered that nobody published.</summary>
    public static IEnumerable<Finding> NoInvention(FleetHistory history, ProofInput input) =>
        history.Lines.Where(line => line.Event is HistoryEvents.Begin or HistoryEvents.Effect or HistoryEvents.Outcome).Select(line => line.Id)
            .Concat(input.Ledger?.Keys ?? [])
            .Concat(input.DeadLetters.Select(letter => letter.Id))
            .Distinct()
            .Where(id => !history.Published.ContainsKey(id))
            .Select(id => new Finding("I2", id, "nobody published it"));

    /// <summary>I12: the queues are empty, and a process that nothing hit has acknowledged or handed back each of its deliveries once.</summary>
    public static IEnumerable<Finding> Conservation(FleetHistory history, ProofInput input)
    {
        foreach (var (queue, depth) in input.Depths.Where(depth => depth.Value != 0))
        {
            yield return new("I12", queue, $"{depth} messages are left");
        }
        foreach (var delivery in history.BrokerWasHit ? [] : history.ByDelivery.Where(delivery => !history.HitRuns.Contains(delivery.Key.Run)))
        {
            var ends = delivery.Count(line => line.Event is HistoryEvents.Ack or HistoryEvents.HandBack);
            if (ends != 1)
            {
                yield return new("I12", delivery.First().Id, $"delivery {delivery.Key.Number} of {delivery.First().Instance} ended {ends} times");
            }
        }
    }

    /// <summary>I13: at rest, every task that the fleet has seen is final.</summary>
    public static IEnumerable<Finding> NothingStuck(FleetHistory history, ProofInput input) =>
        from task in Tasks(history)
        where input.Ledger is { } ledger ? ledger.ContainsKey(task.Id) : history.ByTask[task.Id].Any()
        let state = StateOf(task.Id, history, input)
        where state?.IsFinal() != true
        select new Finding("I13", task.Id, $"stuck in {state?.ToWire() ?? "its first attempt"}");

    private static int SeriesOf(string id, FleetHistory history, ProofInput input) =>
        input.Ledger is { } ledger ? ledger.GetValueOrDefault(id)?.Series ?? 0 : history.ByTask[id].Where(line => line.Event == HistoryEvents.Begin).Select(line => line.Series).DefaultIfEmpty(0).Max();

    public static IEnumerable<PublishedTask> Tasks(FleetHistory history) => history.Published.Values.Where(task => task.PoisonSha256 is null);

    /// <summary>As the ledger says, or where there is none, the history.</summary>
    public static TaskState? StateOf(string id, FleetHistory history, ProofInput input) =>
        input.Ledger is { } ledger ? ledger.GetValueOrDefault(id)?.State : history.LastState(id);
}
