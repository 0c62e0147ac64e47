namespace Consumers.Ledger;

/// <summary>One run of a handler, or one begin of it that ended without an outcome.</summary>
internal sealed class AttemptRecord
{
    public long TaskRow { get; set; }

    public int Series { get; set; }

    public int Attempt { get; set; }

    public long Epoch { get; set; }

    public required string WorkerId { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Null while it runs.</summary>
    public string? Outcome { get; set; }

    public string? Error { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Null when no trace was recorded.</summary>
    public string? TraceId { get; set; }
}
