using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>A task and where it stands.</summary>
internal sealed class TaskRecord
{
    /// <summary>Rises with every insert: what pages go by.</summary>
    public long Row { get; set; }

    public required string Id { get; set; }

    public required string Module { get; set; }

    public required string Type { get; set; }

    public string? Key { get; set; }

    public TaskState Status { get; set; }

    public string? WorkerId { get; set; }

    public int RetryCount { get; set; }

    public int MaxRetries { get; set; }

    public int Series { get; set; }

    /// <summary>The attempt that runs or was settled last; 0 before the first.</summary>
    public int Attempt { get; set; }

    /// <summary>Rises with every begin: the fencing token.</summary>
    public long Epoch { get; set; }

    /// <summary>Rises with every transition.</summary>
    public long Seq { get; set; }

    /// <summary>Run id of the process that began the running attempt.</summary>
    public string? Owner { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Of the last transition, which a status event announced.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public DateTimeOffset? CompletedTime { get; set; }

    /// <summary>Of the last scheduled retry.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>The backoff that was chosen for it, in milliseconds.</summary>
    public long? Tier { get; set; }

    public string? DeadReason { get; set; }

    public string? ErrorMessage { get; set; }

    /// <summary>True while no broker has confirmed it.</summary>
    public bool AwaitsPublishing { get; set; }

    public DateTimeOffset? EnqueuedAt { get; set; }

    /// <summary>How often a process died while it ran the current attempt beside others.</summary>
    public int SharedDeaths { get; set; }

    /// <summary>How often one died while it ran the current attempt alone.</summary>
    public int SolitaryDeaths { get; set; }

    /// <summary>The running attempt was begun alone in its process.</summary>
    public bool Solitary { get; set; }

    /// <summary>The retry or dead letter that was decided is not known to be published.</summary>
    public bool Owed { get; set; }

    /// <summary>Trace context of the request that it was accepted from; null when nobody records one.</summary>
    public string? AcceptedIn { get; set; }

    /// <summary>Of the attempt that runs, or ran last; null when no trace was recorded.</summary>
    public string? TraceId { get; set; }

    public TaskBodyRecord? Body { get; set; }

    public List<AttemptRecord> Attempts { get; set; } = [];
}
