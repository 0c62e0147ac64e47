using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>Grades a run: merged histories, ledger and dead letters against the invariants of the Rabbit module.</summary>
public static class HistoryChecker
{
    private static readonly Func<FleetHistory, ProofInput, IEnumerable<Finding>>[] Invariants =
    [
        ArrivalChecks.NoLoss, ArrivalChecks.NoInvention, ArrivalChecks.Conservation, ArrivalChecks.NothingStuck,
        PathChecks.LegalPath, PathChecks.NotEarly, PathChecks.Attempts, PathChecks.NoZombies,
        EffectChecks.Effects, OrderChecks.NoAckBeforeOutcome, OrderChecks.LedgerBeforeStatus,
        ProcessChecks.Shutdown, ProcessChecks.Poison,
    ];

    public static ProofReport Check(ProofInput input)
    {
        var history = new FleetHistory(input.History);
        var violations = Invariants.SelectMany(invariant => invariant(history, input)).ToArray();
        Finding[] doubts = [.. FaultChecks.Landed(history), .. FaultChecks.NotVacuous(history)];
        return new ProofReport(violations, doubts, FiguresOf(history, input, violations));
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
                    lines.Add(line);
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
