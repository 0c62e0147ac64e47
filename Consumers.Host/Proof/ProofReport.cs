using System.Text;

namespace Consumers.Host.Proof;

public enum ProofVerdict
{
    Valid,
    Invalid,

    /// <summary>Nothing wrong was seen, but the run did not put it to the test: a fault did not land, or nothing was in flight.</summary>
    Unknown,
}

/// <summary>One breach of one invariant.</summary>
/// <param name="Invariant"><c>I1</c> … <c>I22</c>.</param>
public sealed record Finding(string Invariant, string Id, string What)
{
    public override string ToString() => $"{Invariant} {Id}: {What}";
}

/// <param name="Reruns">Effects of attempts that a kill had interrupted between effect and outcome: legal, and counted.</param>
/// <param name="SecondEffects">Effects of attempts that were settled, or ran in a process that lived: never legal under a guard.</param>
/// <param name="LateP99Ms">How late retries began, in milliseconds after they were due.</param>
public sealed record ProofFigures(
    int Published, int Recovered, int Completed, int Failed, int Lost, int Stuck, int Effects, int Reruns, int SecondEffects,
    int Deliveries, int Duplicates, int Faults, int InFlightAtFaults, int Retries, double LateP50Ms, double LateP99Ms, double LateMaxMs);

public sealed record ProofReport(IReadOnlyList<Finding> Violations, IReadOnlyList<Finding> Doubts, ProofFigures Figures)
{
    private const int Shown = 20;

    public ProofVerdict Verdict => Violations.Count > 0 ? ProofVerdict.Invalid : Doubts.Count > 0 ? ProofVerdict.Unknown : ProofVerdict.Valid;

    public override string ToString()
    {
        var f = Figures;
        var text = new StringBuilder()
            .AppendLine($"publish   confirmed {f.Published} · recovered {f.Recovered}")
            .AppendLine($"terminal  completed {f.Completed} · failed {f.Failed}")
            .AppendLine($"LOST {f.Lost} · STUCK {f.Stuck} · SECOND EFFECTS {f.SecondEffects}")
            .AppendLine($"effects {f.Effects} · legal re-runs after a kill {f.Reruns} · deliveries {f.Deliveries} · duplicates {f.Duplicates}")
            .AppendLine($"faults {f.Faults} · in flight at them {f.InFlightAtFaults}")
            .AppendLine($"retries {f.Retries} · late p50 {f.LateP50Ms:0} ms p99 {f.LateP99Ms:0} ms max {f.LateMaxMs:0} ms");
        foreach (var finding in Violations.Take(Shown).Concat(Doubts.Take(Shown)))
        {
            text.AppendLine(finding.ToString());
        }
        return text.Append(Verdict.ToString().ToUpperInvariant()).ToString();
    }
}

/// <summary>What became of a fleet of several modules.</summary>
/// <param name="Doubts">About the faults, which hit all modules at once.</param>
internal sealed record FleetProof(IReadOnlyDictionary<string, ProofReport> Modules, IReadOnlyList<Finding> Doubts, IReadOnlyList<FaultSeen> Faults)
{
    public IEnumerable<Finding> Violations => Modules.Values.SelectMany(report => report.Violations);

    public ProofVerdict Verdict => Violations.Any() ? ProofVerdict.Invalid : Doubts.Count > 0 ? ProofVerdict.Unknown : ProofVerdict.Valid;
}
