namespace Consumers.Ledger;

/// <summary>One run of a handler that has ended, or one begin of it that ended without an outcome. While one runs, the task's row holds it.</summary>
internal sealed class AttemptRecord
{
    public long TaskRow { get; set; }

    public int Series { get; set; }

    public int Attempt { get; set; }

    public long Epoch { get; set; }

    public required string WorkerId { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Null for one that runs, where an earlier version began it.</summary>
    public string? Outcome { get; set; }

    public string? Error { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Null when no trace was recorded.</summary>
    public string? TraceId { get; set; }
}
