using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>A result for programs: schema <c>consumers.verify/1</c>.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Style = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Of(VerifyResult result) => JsonSerializer.Serialize(
        new
        {
            schema = "consumers.verify/1",
            verdict = Word(result.Proof.Verdict),
            began = result.Began,
            tookMs = (long)result.Took.TotalMilliseconds,
            products = result.Products,
            modules = result.Request.Modules,
            instances = result.Request.Instances,
            seed = result.Request.Seed,
            rate = result.Rate,
            peak = result.Peak,
            publish = new { confirmed = result.Confirmed, indeterminate = result.Unknown, refused = result.Refused },
            plan = result.Request.Plan.Faults.Select(fault => new { fault.Id, fault.AtSeconds, kind = fault.Kind.Name, victim = fault.Victim + 1 }),
            faults = result.Faults,
            figures = result.Proof.Modules.ToDictionary(module => module.Key, module => module.Value.Figures),
            invariants = HistoryChecker.Names.ToDictionary(name => name.Key, name => new { name = name.Value, tried = result.Checked.Contains(name.Key), findings = result.Proof.Violations.Concat(result.Proof.Doubts).Count(finding => finding.Invariant == name.Key) }),
            growth = result.Growths.Select(process => new { process.Instance, process.Pid, livedSeconds = (long)process.Lived.TotalSeconds, trends = Growth.Kinds.ToDictionary(kind => kind.Key, kind => process.TrendOf(kind.Key, 1)) }),
            bad = result.BadTasks,
            timeline = result.Timeline,
            folder = result.Folder,
        },
        Style);

    public static string Of(IReadOnlyList<SelfTestResult> results, int seed) => JsonSerializer.Serialize(
        new { schema = "consumers.verify-selftest/1", seed, found = results.Count(result => result.IsFound), of = results.Count, sabotages = results }, Style);

    public static string Word(ProofVerdict verdict) => verdict.ToString().ToLowerInvariant();
}
