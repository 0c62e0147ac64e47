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

    /// <summary>When given, waits are also measured against it, not only against the due times that the fleet chose.</summary>
    public RetrySchedule? Schedule { get; init; }

    /// <summary>From SIGTERM to exit.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(35);
}

/// <summary>A task as the ledger has it.</summary>
public sealed record ProvenTask(string Id, TaskState State, int Series, int Attempt, int MaxRetries, IReadOnlyList<ProvenAttempt> Attempts);

/// <param name="HasOutcome">False for a begin that ended with its process, or was handed back.</param>
public sealed record ProvenAttempt(int Series, int Attempt, long Epoch, bool HasOutcome);

/// <param name="Sha256">Of the body, in hexadecimal.</param>
public sealed record DeadLetterSeen(string Id, int Series, int Attempt, string Reason, string Sha256);
