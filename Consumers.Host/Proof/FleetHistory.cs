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
        HitRuns = Faults.SelectMany(fault => fault.Runs).ToHashSet();
        ByDelivery = Lines.Where(line => line["d"] is not null).ToLookup(line => (line.Run, line.Number("d")));
        ByTask = Lines.Where(line => line.Event is HistoryEvents.Begin or HistoryEvents.Outcome or HistoryEvents.Effect or HistoryEvents.Deliver or HistoryEvents.Duplicate).ToLookup(line => line.Id);
        Effects = Lines.Where(line => line.Event == HistoryEvents.Effect).ToLookup(line => line.Key);
        Settled = Lines.Where(IsAccepted).ToLookup(line => line.Key);
        (long From, long To)[] away = [.. Faults.Where(fault => fault.Kind == FaultSeen.RedisKill).Select(fault => ((fault.ProvenAtUs ?? fault.PlannedAtUs) - Margin, (fault.EndedAtUs ?? long.MaxValue - Margin) + Margin))];
        _withoutRedis = away.Length == 0 ? [] : Lines.Where(line => line.Event is HistoryEvents.Begin or HistoryEvents.Effect or HistoryEvents.Outcome && away.Any(gap => line.TimeUs >= gap.From && line.TimeUs <= gap.To))
            .Select(line => line.Id).ToHashSet();
    }

    /// <summary>Before and after Redis is away, in microseconds: a process takes this long to notice, and what it had begun to settle ends without it.</summary>
    private const long Margin = 4_000_000;

    private readonly HashSet<string> _withoutRedis;

    public IReadOnlyList<HistoryLine> Lines { get; }

    public IReadOnlyDictionary<string, PublishedTask> Published { get; }

    public IReadOnlyList<FaultSeen> Faults { get; }

    /// <summary>Processes that a fault hit: what they had begun may run again.</summary>
    public IReadOnlySet<string> HitRuns { get; }

    /// <summary>A fault of the broker breaks every connection: deliveries are lost without anybody's death.</summary>
    public bool BrokerWasHit => Faults.Any(fault => fault.Kind is FaultSeen.BrokerKill or FaultSeen.BrokerDown or FaultSeen.Cut or FaultSeen.BlackHole);

    /// <summary>Some of the task's way was gone while Redis was away: a guard that lives there knew nothing of it.</summary>
    public bool WasWithoutRedis(string id) => _withoutRedis.Contains(id);

    public ILookup<(string Run, long Number), HistoryLine> ByDelivery { get; }

    public ILookup<string, HistoryLine> ByTask { get; }

    public ILookup<AttemptKey, HistoryLine> Effects { get; }

    /// <summary>Outcomes that the guard accepted.</summary>
    public ILookup<AttemptKey, HistoryLine> Settled { get; }

    private ILookup<long, HistoryLine> Runs { get; }

    public static bool IsAccepted(HistoryLine line) => line.Event == HistoryEvents.Outcome && line.Number("accepted") == 1;

    public static bool IsFinal(HistoryLine line) => TaskStateNames.FromWire(line["state"])?.IsFinal() == true;

    /// <summary>The state in which the history leaves a task; null when no attempt of it was settled. What a process settled and died before it wrote so, the next delivery says.</summary>
    public TaskState? LastState(string id) =>
        ByTask[id].Where(line => IsAccepted(line) || (line.Event == HistoryEvents.Duplicate && line["state"] is not null)).Select(line => TaskStateNames.FromWire(line["state"])).LastOrDefault();

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
/// <param name="EndedAtUs">When it was over, of what lasts; else null.</param>
/// <param name="Run">Of the instance it hit; null when it hit none.</param>
/// <param name="Runs">Of all instances it hit.</param>
internal sealed record FaultSeen(string Id, string Kind, long PlannedAtUs, long? ProvenAtUs, long? EndedAtUs, string? Run, IReadOnlyList<string> Runs)
{
    public const string Kill = "kill-9";
    public const string Freeze = "freeze";
    public const string BrokerKill = "broker-kill-9";
    public const string BrokerDown = "broker-down";
    public const string Cut = "cut";
    public const string BlackHole = "black-hole";
    public const string RedisKill = "redis-kill-9";

    public static FaultSeen From(IGrouping<string, HistoryLine> lines, Func<long, long, string?> runOf)
    {
        var proofs = lines.Where(line => line["op"] == "proof").ToArray();
        string[] runs = [.. proofs.Select(proof => runOf(proof.Number("pid"), proof.TimeUs)).OfType<string>()];
        return new(lines.Key, lines.First()["kind"] ?? "", lines.First().TimeUs, proofs.FirstOrDefault()?.TimeUs, lines.LastOrDefault(line => line["op"] == "end")?.TimeUs, runs.FirstOrDefault(), runs);
    }
}
