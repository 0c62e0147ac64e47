namespace Consumers.Ledger;

/// <summary>How a process of the fleet ended, and what became of what it had in its hands.</summary>
internal sealed class ReceiptRecord
{
    public required string RunId { get; set; }

    public required string Name { get; set; }

    public required string Host { get; set; }

    public int Pid { get; set; }

    public required string Reason { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    /// <summary>When it was told to stop; null for one that was not asked.</summary>
    public DateTimeOffset? StoppingAt { get; set; }

    /// <summary>Of one that died: when it was seen last.</summary>
    public DateTimeOffset EndedAt { get; set; }

    /// <summary>Of one that died: as it told last.</summary>
    public int InFlight { get; set; }

    public int Finished { get; set; }

    public int HandedBack { get; set; }

    public int Abandoned { get; set; }

    /// <summary>Attempts that it left begun, and that somebody has begun again since.</summary>
    public int TakenOver { get; set; }

    /// <summary>JSON: those that it did not finish, as far as they are known, and no more than are kept.</summary>
    public required string Tasks { get; set; }
}
