using System.Globalization;
using Consumers.Host.Proof;
using Consumers.Host.Texts;

namespace Consumers.Host.Verify;

/// <summary>A result for a terminal. <c>docs/verify.md</c> says what each line means.</summary>
internal static class TextReport
{
    public static void Print(VerifyResult result, TextWriter output)
    {
        var (request, proof) = (result.Request, result.Proof);
        output.WriteLine(Line($"verify    {string.Join(" and ", result.Products)} | {string.Join(", ", request.Modules)} | {request.Instances} instances | {result.Rate:0.#} msg/s{(result.Peak is { } peak ? Line($", half of the measured {peak:0} attempts/s") : "")} | {result.Took.TotalSeconds:0} s | seed {request.Seed}"));
        output.WriteLine(Line($"faults    planned {result.Faults.Count} landed {result.Faults.Count(fault => fault.AtSeconds is not null)}   {Join(result.Faults.GroupBy(fault => fault.Kind).Select(kind => $"{kind.Key} {kind.Count()}"))}"));
        var recovered = proof.Modules.Values.Sum(module => module.Figures.Recovered);
        output.WriteLine(Line($"publish   confirmed {result.Confirmed:N0} · indeterminate {result.Unknown:N0} (recovered {recovered:N0}) · refused {result.Refused:N0}"));
        foreach (var (module, report) in proof.Modules)
        {
            var f = report.Figures;
            output.WriteLine(Line($"{module,-9} tasks {f.Published + f.Recovered:N0} · completed {f.Completed:N0} · failed {f.Failed:N0} · deliveries {f.Deliveries:N0} · duplicates suppressed {f.Duplicates:N0}"));
            output.WriteLine(Line($"          effects {f.Effects:N0} · run again after a fault {f.Reruns:N0} · second effects {f.SecondEffects:N0} · retries {f.Retries:N0}, late p50 {f.LateP50Ms:N0} ms p99 {f.LateP99Ms:N0} ms max {f.LateMaxMs:N0} ms"));
        }
        output.WriteLine(Line($"LOST {Count(proof, "I1")} · STUCK {Count(proof, "I13")} · UNEXPECTED {Count(proof, "I2")} · EARLY {Count(proof, "I7")} · ACK-BEFORE-OUTCOME {Count(proof, "I5")} · STALE-EPOCH WRITES ACCEPTED {Count(proof, "I18")} · COUNTERS OFF {Count(proof, "I11")}"));
        if (result.Faults.Any(fault => fault.AtSeconds is not null))
        {
            output.WriteLine($"recovery  {Join(result.Faults.Where(fault => fault.AtSeconds is not null).GroupBy(fault => fault.Kind).Select(kind => Line($"{kind.Key} {(kind.Any(fault => fault.RecoveredSeconds is null) ? "never" : Seconds(kind.Max(fault => fault.RecoveredSeconds!.Value)))}")))}");
        }
        foreach (var process in result.Growths)
        {
            output.WriteLine(Line($"growth    {process.Instance} in {process.Lived.TotalMinutes:0} min: {Join(Growth.Kinds.Select(kind => $"{kind.Name} {process.TrendOf(kind.Key, kind.PerUnit)}"))}"));
        }
        var broken = Broken(proof);
        output.WriteLine($"held      {Join(result.Checked.Except(broken.Keys))}");
        if (HistoryChecker.Names.Keys.Except(result.Checked).Except(broken.Keys).ToArray() is { Length: > 0 } untried)
        {
            output.WriteLine($"untried   {Join(untried.Select(invariant => $"{invariant} {HistoryChecker.Names[invariant]}"))}");
        }
        foreach (var (invariant, findings) in broken)
        {
            output.WriteLine(Line($"{invariant,-9} {HistoryChecker.Names[invariant]}: {findings.Count} findings, such as {VisibleText.Line(findings[0].Id, 60)}: {VisibleText.Line(findings[0].What, 160)}"));
        }
        foreach (var bad in result.BadTasks)
        {
            output.WriteLine();
            foreach (var finding in bad.Findings)
            {
                output.WriteLine(VisibleText.Line(finding.ToString(), 300));
            }
            foreach (var line in bad.Lines)
            {
                output.WriteLine($"  {VisibleText.Line(line, 300)}");
            }
        }
        if (result.Folder is { } folder)
        {
            output.WriteLine($"kept      {folder}");
        }
        output.WriteLine($"{proof.Verdict.ToString().ToUpperInvariant()}  (run with --seed {request.Seed} to repeat)");
    }

    /// <summary>The plan, before it is carried out.</summary>
    public static void PrintPlan(VerifyRequest request, TextWriter output)
    {
        output.WriteLine(request.Plan.Faults.Count == 0 ? "plan      no faults" : $"plan      seed {request.Seed}");
        foreach (var fault in request.Plan.Faults)
        {
            output.WriteLine($"          {fault}");
        }
    }

    public static void Print(IReadOnlyList<SelfTestResult> results, TextWriter output)
    {
        foreach (var result in results)
        {
            output.WriteLine(Line($"{(result.IsFound ? "found " : "MISSED")} {result.Sabotage,-24} {result.Invariant,-4} {HistoryChecker.Names[result.Invariant]}: {result.Findings} findings on {result.Module}{Also(result)}"));
            if (result.Example is { } example)
            {
                output.WriteLine($"       {VisibleText.Line(example, 160)}");
            }
        }
        output.WriteLine($"SELFTEST {results.Count(result => result.IsFound)} of {results.Count} sabotages found, each by its own invariant");
    }

    /// <summary>By invariant, in their order.</summary>
    public static IReadOnlyDictionary<string, List<Finding>> Broken(FleetProof proof) =>
        HistoryChecker.Names.Keys.Select(invariant => (Invariant: invariant, Findings: proof.Violations.Concat(proof.Doubts).Where(finding => finding.Invariant == invariant).ToList()))
            .Where(entry => entry.Findings.Count > 0).ToDictionary(entry => entry.Invariant, entry => entry.Findings);

    /// <summary>Another instance ends a task within milliseconds of a kill: that is not 0.</summary>
    public static string Seconds(double seconds) => seconds < 1 ? Line($"{seconds:0.000} s") : Line($"{seconds:0.0} s");

    private static string Also(SelfTestResult result) => result.Reported.Where(invariant => invariant != result.Invariant).ToArray() is { Length: > 0 } also ? $" (also {string.Join(", ", also)})" : "";

    private static int Count(FleetProof proof, string invariant) => proof.Violations.Count(finding => finding.Invariant == invariant);

    private static string Join(IEnumerable<string> parts) => string.Join(" · ", parts);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
