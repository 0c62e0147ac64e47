using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>The merged history of a fleet, indexed by what the checks ask for.</summary>
internal sealed class FleetHistory
{
    public FleetHistory(IReadOnlyList<HistoryLine> lines)
    {
        // A stable sort: lines of one process with one time keep their order.
        Lines = [.. lines.OrderBy(line => line.TimeUs)];
        Published = Lines.Where(line => line.Event == HistoryEvents.Publish).GroupBy(line => line.Id).ToDictionary(group => group.Key, PublishedTask.From);
        Runs = Lines.Where(line => line.Event == HistoryEvents.Start).ToLookup(line => line.Number("pid"));
        Faults = [.. Lines.Where(line => line.Event == HistoryEvents.Fault).GroupBy(line => line.Id).Select(group => FaultSeen.From(group, RunOf))];
        HitRuns = Faults.Where(fault => fault.Run is not null).Select(fault => fault.Run!).ToHashSet();
        ByDelivery = Lines.Where(line => line["d"] is not null).ToLookup(line => (line.Run, line.Number("d")));
        ByTask = Lines.Where(line => line.Event is HistoryEvents.Begin or HistoryEvents.Outcome or HistoryEvents.Effect or HistoryEvents.Deliver).ToLookup(line => line.Id);
        Effects = Lines.Where(line => line.Event == HistoryEvents.Effect).ToLookup(line => line.Key);
        Settled = Lines.Where(IsAccepted).ToLookup(line => line.Key);
    }

    public IReadOnlyList<HistoryLine> Lines { get; }

    public IReadOnlyDictionary<string, PublishedTask> Published { get; }

    public IReadOnlyList<FaultSeen> Faults { get; }

    /// <summary>Processes that a fault hit: what they had begun may run again.</summary>
    public IReadOnlySet<string> HitRuns { get; }

    /// <summary>A fault of the broker breaks every connection: deliveries are lost without anybody's death.</summary>
    public bool BrokerWasHit => Faults.Any(fault => fault is { Kind: FaultSeen.BrokerKill });

    public ILookup<(string Run, long Number), HistoryLine> ByDelivery { get; }

    public ILookup<string, HistoryLine> ByTask { get; }

    public ILookup<AttemptKey, HistoryLine> Effects { get; }

    /// <summary>Outcomes that the guard accepted.</summary>
    public ILookup<AttemptKey, HistoryLine> Settled { get; }

    private ILookup<long, HistoryLine> Runs { get; }

    public static bool IsAccepted(HistoryLine line) => line.Event == HistoryEvents.Outcome && line.Number("accepted") == 1;

    public static bool IsFinal(HistoryLine line) => TaskStateNames.FromWire(line["state"])?.IsFinal() == true;

    /// <summary>The state in which the history leaves a task; null when no attempt of it was settled.</summary>
    public TaskState? LastState(string id) =>
        ByTask[id].Where(IsAccepted).Select(line => TaskStateNames.FromWire(line["state"])).LastOrDefault();

    /// <summary>The process that had this pid then: a pid may come again.</summary>
    public string? RunOf(long pid, long timeUs) => Runs[pid].LastOrDefault(start => start.TimeUs <= timeUs)?.Run;
}

/// <summary>What a publisher knows of a task.</summary>
/// <param name="Confirmed">The broker has it. Neither confirmed nor refused: nobody knows.</param>
/// <param name="PoisonSha256">Of the body of a message that is no task; null for a task.</param>
internal sealed record PublishedTask(string Id, bool Confirmed, int? MaxRetries, string? PoisonSha256)
{
    public static PublishedTask From(IGrouping<string, HistoryLine> lines)
    {
        var invoke = lines.FirstOrDefault(line => line["op"] == "invoke");
        return new(lines.Key, lines.Any(line => line["op"] == "ok"), invoke?["max"] is null ? null : (int)invoke.Number("max"), invoke?["poison"]);
    }
}

/// <param name="ProvenAtUs">When it was shown to have landed; null when it was only planned.</param>
/// <param name="Run">Of the instance it hit; null when it hit none.</param>
internal sealed record FaultSeen(string Id, string Kind, long? ProvenAtUs, string? Run)
{
    public const string Kill = "kill-9";
    public const string BrokerKill = "broker-kill-9";

    public static FaultSeen From(IGrouping<string, HistoryLine> lines, Func<long, long, string?> runOf)
    {
        var proof = lines.FirstOrDefault(line => line["op"] == "proof");
        return new(lines.Key, lines.First()["kind"] ?? "", proof?.TimeUs, proof is null ? null : runOf(proof.Number("pid"), proof.TimeUs));
    }
}
