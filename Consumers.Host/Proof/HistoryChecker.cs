using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>Grades a run: merged histories, ledger and dead letters of one module against the invariants. <c>docs/verify.md</c> says what each means.</summary>
public static class HistoryChecker
{
    private static readonly Func<FleetHistory, ProofInput, IEnumerable<Finding>>[] Invariants =
    [
        ArrivalChecks.NoLoss, ArrivalChecks.NoInvention, ArrivalChecks.Conservation, ArrivalChecks.NothingStuck,
        PathChecks.LegalPath, PathChecks.NotEarly, PathChecks.Attempts, PathChecks.NoZombies,
        EffectChecks.Effects, OrderChecks.NoAckBeforeOutcome, OrderChecks.LedgerBeforeStatus,
        ProcessChecks.Shutdown, ProcessChecks.Poison, KafkaChecks.OrderByKey, KafkaChecks.Commits, CounterChecks.EqualHistory,
        OperatorChecks.Replays, OperatorChecks.Pauses, BoundChecks.Bounded, BoundChecks.Recovery,
    ];

    /// <summary>Every invariant that a run is graded by, and what it says.</summary>
    public static IReadOnlyDictionary<string, string> Names { get; } = new Dictionary<string, string>
    {
        ["I1"] = "no loss", ["I2"] = "no invention", ["I3"] = "legal path", ["I4"] = "one effect an attempt", ["I5"] = "no ack before its outcome", ["I6"] = "ledger before status", ["I7"] = "no early retry",
        ["I8"] = "no attempt too many", ["I9"] = "order by key", ["I10"] = "no commit past a gap", ["I11"] = "counters equal history", ["I12"] = "nothing left over", ["I13"] = "nothing stuck",
        ["I14"] = "replayed once", ["I15"] = "a pause holds", ["I16"] = "orderly exits", ["I17"] = "what is no task is kept", ["I18"] = "no stale owner", ["I19"] = "bounded", ["I20"] = "recovery in time",
        ["I21"] = "every fault landed", ["I22"] = "not vacuous",
    };

    public static ProofReport Check(ProofInput input)
    {
        var history = new FleetHistory(input.History);
        return Violations(history, input) with { Doubts = [.. FaultChecks.Landed(history), .. FaultChecks.NotVacuous(history)] };
    }

    /// <summary>Grades a fleet of several modules: what each module did by itself, and the faults once, over all that happened.</summary>
    internal static FleetProof CheckFleet(IReadOnlyList<HistoryLine> all, IReadOnlyDictionary<string, ProofInput> modules)
    {
        var whole = new FleetHistory(all);
        var reports = modules.ToDictionary(module => module.Key, module => Violations(new FleetHistory(module.Value.History), module.Value));
        return new FleetProof(reports, [.. FaultChecks.Landed(whole), .. FaultChecks.NotVacuous(whole)], [.. whole.Faults]);
    }

    private static ProofReport Violations(FleetHistory history, ProofInput input)
    {
        var violations = Invariants.SelectMany(invariant => invariant(history, input)).ToArray();
        return new ProofReport(violations, [], FiguresOf(history, input, violations));
    }

    /// <summary>Every line of every history in a folder; one that a kill cut short is left out.</summary>
    public static IReadOnlyList<HistoryLine> ReadFolder(string folder)
    {
        var lines = new List<HistoryLine>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.history").Order())
        {
            // Its process may still hold it open for writing.
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (reader.ReadLine() is { } text)
            {
                if (HistoryLine.Parse(text) is { } line)
                {
                    // Millions of lines say the same few words.
                    lines.Add(line with { Run = string.Intern(line.Run), Instance = string.Intern(line.Instance), Event = string.Intern(line.Event) });
                }
            }
        }
        return lines;
    }

    private static ProofFigures FiguresOf(FleetHistory history, ProofInput input, IReadOnlyList<Finding> violations)
    {
        var tasks = ArrivalChecks.Tasks(history).Select(task => (Task: task, State: ArrivalChecks.StateOf(task.Id, history, input))).ToArray();
        var late = history.Lines.Where(line => line is { Event: HistoryEvents.Begin, Attempt: > 1 }).Select(begin => PathChecks.LateUs(history, begin)).OfType<long>().Order().ToArray();
        return new ProofFigures(
            tasks.Count(task => task.Task.Confirmed),
            tasks.Count(task => !task.Task.Confirmed && task.State?.IsFinal() == true),
            tasks.Count(task => task.State == TaskState.Completed),
            tasks.Count(task => task.State == TaskState.Failed),
            violations.Count(finding => finding.Invariant == "I1"),
            violations.Count(finding => finding.Invariant == "I13"),
            history.Effects.Sum(effects => effects.Count()),
            EffectChecks.Count(history, input, EffectKind.Rerun),
            EffectChecks.Count(history, input, EffectKind.Second),
            history.Lines.Count(line => line.Event == HistoryEvents.Deliver),
            history.Lines.Count(line => line.Event == HistoryEvents.Duplicate),
            history.Faults.Count,
            history.Faults.Where(fault => fault.Run is not null).Sum(fault => FaultChecks.InFlight(history, fault)),
            late.Length,
            Percentile(late, 0.5),
            Percentile(late, 0.99),
            Percentile(late, 1));
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))] / 1000.0;
}
