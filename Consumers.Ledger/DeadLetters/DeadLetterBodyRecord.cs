namespace Consumers.Ledger;

/// <summary>What came with a dead letter, in a table of its own: lists never read it.</summary>
internal sealed class DeadLetterBodyRecord
{
    public long DeadLetterRow { get; set; }

    /// <summary>Byte for byte, or its head when the whole was over the cap.</summary>
    public required byte[] Body { get; set; }

    /// <summary>Of the whole body, in hex; null when the whole is here.</summary>
    public string? Sha256 { get; set; }

    /// <summary>A JSON array of pairs, in their order; a name may come twice.</summary>
    public required string Headers { get; set; }
}
