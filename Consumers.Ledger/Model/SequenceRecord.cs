namespace Consumers.Ledger;

/// <summary>A number that only rises, also when the row that had the last one is gone.</summary>
internal sealed class SequenceRecord
{
    public required string Name { get; set; }

    public long Last { get; set; }
}
