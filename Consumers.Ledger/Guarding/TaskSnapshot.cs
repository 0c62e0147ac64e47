using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What the guard decides by: a task's row as it is inside the transaction. Times in unix milliseconds.</summary>
internal sealed record TaskSnapshot
{
    public long Row { get; init; }

    public required string Id { get; init; }

    public required string Module { get; init; }

    public required string Type { get; init; }

    public TaskState State { get; init; }

    public int RetryCount { get; init; }

    public int MaxRetries { get; init; }

    public int Series { get; init; } = 1;

    public int Attempt { get; init; }

    public long Epoch { get; init; }

    public long Seq { get; init; }

    public string? WorkerId { get; init; }

    public string? Owner { get; init; }

    public long ChangedAt { get; init; }

    public long? DueAt { get; init; }

    public DeadReason? DeadReason { get; init; }

    public string? Error { get; init; }

    public int SharedDeaths { get; init; }

    public int SolitaryDeaths { get; init; }

    public bool Solitary { get; init; }

    public bool Owed { get; init; }

    /// <summary>The event that announced the state the task is in.</summary>
    public StatusEvent Announcement() => new(
        Id, Type, State.ToWire(), Attempt, Series, Seq, WorkerId ?? "", DateTimeOffset.FromUnixTimeMilliseconds(ChangedAt), Error);
}
