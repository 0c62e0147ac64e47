namespace Consumers.Kafka;

/// <summary>The last rebalances of this process, and the gaps it found in the log; newest first.</summary>
internal sealed class RebalanceLog(TimeProvider time)
{
    private const int Kept = 30;

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
        lock (_lock)
        {
            _entries.AddFirst(new RebalanceEntry(time.GetUtcNow(), kind, what, took));
            if (_entries.Count > Kept)
            {
                _entries.RemoveLast();
            }
        }
    }
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
