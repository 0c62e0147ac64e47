using Consumers.Core;
using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>Which invariants a run put to the test: one that it could not have broken is not called held.</summary>
internal static class CheckedInvariants
{
    public static IReadOnlyList<string> Of(VerifyRequest request, IReadOnlyList<HistoryLine> lines)
    {
        var seen = lines.Select(line => line.Event).ToHashSet();
        return [.. HistoryChecker.Names.Keys.Where(invariant => invariant switch
        {
            "I7" => lines.Any(line => line is { Event: HistoryEvents.Begin, Attempt: > 1 }),
            "I9" or "I10" => request.UsesKafka,
            "I11" => request.UsesRedis,
            "I14" => seen.Contains(HistoryEvents.Replay),
            "I15" => seen.Contains(HistoryEvents.Pause),
            "I17" => lines.Any(line => line.Event == HistoryEvents.Publish && line["poison"] is not null),
            "I20" or "I21" => request.Plan.Faults.Count > 0,
            _ => true,
        })];
    }
}
