using Consumers.Core;
using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>What a run found, for every kind of report.</summary>
internal sealed record VerifyResult
{
    public required VerifyRequest Request { get; init; }

    public required IReadOnlyList<string> Products { get; init; }

    public required DateTimeOffset Began { get; init; }

    public required TimeSpan Took { get; init; }

    /// <summary>Attempts a second, when it was measured.</summary>
    public double? Peak { get; init; }

    public required double Rate { get; init; }

    public required long Confirmed { get; init; }

    public required long Unknown { get; init; }

    public required long Refused { get; init; }

    public required FleetProof Proof { get; init; }

    /// <summary>The invariants that this run could have broken; the others had nothing to be seen in.</summary>
    public required IReadOnlyList<string> Checked { get; init; }

    public required IReadOnlyList<FaultResult> Faults { get; init; }

    public required Timeline Timeline { get; init; }

    public required IReadOnlyList<BadTask> BadTasks { get; init; }

    /// <summary>Of the processes that lived long enough to say.</summary>
    public IReadOnlyList<Growth> Growths { get; init; } = [];

    /// <summary>Where all of it was kept; null when it was removed.</summary>
    public string? Folder { get; init; }
}

/// <param name="AtSeconds">After the first message was published; null when it did not land.</param>
/// <param name="LastedSeconds">Null for what is over when it has happened.</param>
/// <param name="RecoveredSeconds">Until the next task ended, in the slowest module; null when none did.</param>
internal sealed record FaultResult(string Id, string Kind, double? AtSeconds, double? LastedSeconds, double? RecoveredSeconds)
{
    public static FaultResult From(FaultSeen fault, IReadOnlyList<HistoryLine> lines, IReadOnlyList<string> modules)
    {
        if (fault.ProvenAtUs is not { } proven)
        {
            return new(fault.Id, fault.Kind, null, null, null);
        }
        var from = fault.EndedAtUs ?? proven;
        var next = modules.Select(module => lines.Where(line => line.TimeUs > from && FleetHistory.IsAccepted(line) && ModuleTasks.ModuleOf(line.Id) == module).Select(line => (long?)line.TimeUs).Min()).ToArray();
        var zero = Timeline.ZeroOf(lines);
        return new(fault.Id, fault.Kind, (proven - zero) / 1e6, (fault.EndedAtUs - proven) / 1e6, next.Contains(null) ? null : (next.Max() - from) / 1e6);
    }
}

/// <summary>What was published and what ended, second by second.</summary>
internal sealed record Timeline(IReadOnlyList<int> Published, IReadOnlyList<int> Ended, IReadOnlyList<int> Failed)
{
    public static long ZeroOf(IReadOnlyList<HistoryLine> lines) => lines.Where(line => line.Event == HistoryEvents.Publish).Select(line => line.TimeUs).DefaultIfEmpty(0).Min();

    public static Timeline From(IReadOnlyList<HistoryLine> lines)
    {
        var zero = ZeroOf(lines);
        int[] Count(IEnumerable<HistoryLine> what)
        {
            var seconds = what.Where(line => line.TimeUs >= zero).GroupBy(line => (int)((line.TimeUs - zero) / 1_000_000)).ToDictionary(group => group.Key, group => group.Count());
            return [.. Enumerable.Range(0, seconds.Count == 0 ? 0 : seconds.Keys.Max() + 1).Select(second => seconds.GetValueOrDefault(second))];
        }
        return new(
            Count(lines.Where(line => line.Event == HistoryEvents.Publish && line["op"] == "ok")),
            Count(lines.Where(line => FleetHistory.IsAccepted(line))),
            Count(lines.Where(line => FleetHistory.IsAccepted(line) && line["state"] == "FAILED")));
    }
}

/// <summary>A task, or another thing, of which something is wrong, with all that the histories tell of it.</summary>
internal sealed record BadTask(string Id, IReadOnlyList<Finding> Findings, IReadOnlyList<string> Lines)
{
    public const int Most = 20;

    private const int MostLines = 60;

    public static IReadOnlyList<BadTask> From(FleetProof proof, IReadOnlyList<HistoryLine> lines)
    {
        var bad = proof.Violations.Concat(proof.Doubts).GroupBy(finding => finding.Id).Take(Most).ToArray();
        var ids = bad.Select(finding => finding.Key).ToHashSet();
        var zero = Timeline.ZeroOf(lines);
        var told = lines.Where(line => ids.Contains(line.Id)).ToLookup(line => line.Id);
        return [.. bad.Select(finding => new BadTask(finding.Key, [.. finding], [.. told[finding.Key].OrderBy(line => line.TimeUs).Take(MostLines).Select(line => Text(line, zero))]))];
    }

    private static string Text(HistoryLine line, long zero) => FormattableString.Invariant(
        $"{(line.TimeUs - zero) / 1e6,10:0.000000} {line.Instance,-10} {line.Event,-9} series {line.Series} attempt {line.Attempt} epoch {line.Epoch} {line.Extra}");
}
