namespace Consumers.Ledger;

/// <summary>Dead letters that failed in the same way, with counts that every change keeps.</summary>
internal sealed class DeadLetterCauseRecord
{
    public long Row { get; set; }

    /// <summary>The fingerprint: the same cause has the same id in every ledger.</summary>
    public required string Id { get; set; }

    public required string Module { get; set; }

    public string? Type { get; set; }

    public required string Reason { get; set; }

    /// <summary>With what differs from task to task masked out.</summary>
    public required string Error { get; set; }

    public string? Place { get; set; }

    public long Dead { get; set; }

    public long Replayed { get; set; }

    public long Discarded { get; set; }

    public DateTimeOffset FirstAt { get; set; }

    public DateTimeOffset LastAt { get; set; }
}
