using System.Diagnostics.Metrics;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>The last rebalances of this process, and the gaps it found in the log; newest first.</summary>
internal sealed class RebalanceLog(TimeProvider time)
{
    private const int Kept = 30;

    private static readonly Counter<long> Rebalances =
        TaskTelemetry.Meter.CreateCounter<long>("consumers.rebalances", "{rebalance}", "What became of the partitions of this instance: assigned, revoked, uncommitted, lost, gap");

    private readonly Lock _lock = new();
    private readonly LinkedList<RebalanceEntry> _entries = [];

    public IReadOnlyList<RebalanceEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    public void Add(RebalanceKind kind, string what, TimeSpan took)
    {
        Rebalances.Add(1, new KeyValuePair<string, object?>("consumers.rebalance.kind", WordOf(kind)));
        lock (_lock)
        {
            _entries.AddFirst(new RebalanceEntry(time.GetUtcNow(), kind, what, took));
            if (_entries.Count > Kept)
            {
                _entries.RemoveLast();
            }
        }
    }

    private static string WordOf(RebalanceKind kind) => kind switch
    {
        RebalanceKind.Assigned => "assigned",
        RebalanceKind.Revoked => "revoked",
        RebalanceKind.Uncommitted => "uncommitted",
        RebalanceKind.Lost => "lost",
        _ => "gap",
    };
}

public enum RebalanceKind
{
    Assigned,

    /// <summary>Taken away in order: what ran was waited for, and committed.</summary>
    Revoked,

    /// <summary>Taken away, and the brokers did not take the last commit: the next owner begins a little further back.</summary>
    Uncommitted,

    /// <summary>Gone without a word: another owner may have it already, and nothing is committed.</summary>
    Lost,

    /// <summary>Records were deleted before anybody had read them.</summary>
    Gap,
}

/// <param name="What">The partitions, or the gap, in words.</param>
/// <param name="Took">How long this process worked on it.</param>
public sealed record RebalanceEntry(DateTimeOffset At, RebalanceKind Kind, string What, TimeSpan Took);
