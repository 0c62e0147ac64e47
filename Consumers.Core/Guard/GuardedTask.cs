namespace Consumers.Core;

/// <summary>What a guard remembers of a task, and decides by. Times in unix milliseconds.</summary>
public record GuardedTask
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public TaskState State { get; init; }

    public int MaxRetries { get; init; }

    public int Series { get; init; } = 1;

    public int Attempt { get; init; }

    public long Epoch { get; init; }

    public long Seq { get; init; }

    /// <summary>The instance that ran it last.</summary>
    public string? WorkerId { get; init; }

    /// <summary>The run id of the process that runs it now.</summary>
    public string? Owner { get; init; }

    public long ChangedAt { get; init; }

    public long? DueAt { get; init; }

    public DeadReason? DeadReason { get; init; }

    public string? Error { get; init; }

    public int SharedDeaths { get; init; }

    public int SolitaryDeaths { get; init; }

    /// <summary>Nothing else ran in its process when this attempt began.</summary>
    public bool Solitary { get; init; }

    /// <summary>The retry or the dead letter that was decided is not known to be published.</summary>
    public bool Owed { get; init; }

    /// <summary>The event that announced the state the task is in.</summary>
    public StatusEvent Announcement() => new(
        Id, Type, State.ToWire(), Attempt, Series, Seq, WorkerId ?? "", DateTimeOffset.FromUnixTimeMilliseconds(ChangedAt), Error);
}
