using Consumers.Core;

namespace Consumers.Host.Proof;

/// <summary>All that a run left behind, collected when nothing moved any more.</summary>
public sealed record ProofInput
{
    /// <summary>Of all processes, publishers and fault injectors included; in any order, but the lines of one process in theirs.</summary>
    public required IReadOnlyList<HistoryLine> History { get; init; }

    /// <summary>By id; null when nothing was recorded, and the history must tell alone.</summary>
    public IReadOnlyDictionary<string, ProvenTask>? Ledger { get; init; }

    public IReadOnlyList<DeadLetterSeen> DeadLetters { get; init; } = [];

    /// <summary>What is left in queues that should be empty; only figures that stood still count.</summary>
    public IReadOnlyDictionary<string, long> Depths { get; init; } = new Dictionary<string, long>();

    /// <summary>The ledger was the guard: settled attempts never run again. Else a kill may repeat what it interrupted.</summary>
    public bool IsGuarded { get; init; } = true;

    /// <summary>The guard lives in Redis, and work goes on without it while Redis is away: then what is delivered twice may run twice.</summary>
    public bool GuardIsRedis { get; init; }

    /// <summary>By instance, of a module that counts in Redis; null for one that does not.</summary>
    public IReadOnlyDictionary<string, TaskCounts>? Counters { get; init; }

    /// <summary>Deliveries that one process may have in hand at once; null where nothing bounds them.</summary>
    public int? MostInHand { get; init; }

    /// <summary>By the kind of a fault: how long after it the next task must have ended. A kind that is not there has no bound.</summary>
    public IReadOnlyDictionary<string, TimeSpan> RecoversWithin { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>When given, waits are also measured against it, not only against the due times that the fleet chose.</summary>
    public RetrySchedule? Schedule { get; init; }

    /// <summary>From SIGTERM to exit.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(35);
}
