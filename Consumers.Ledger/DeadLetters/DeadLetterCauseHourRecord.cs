namespace Consumers.Ledger;

/// <summary>How many dead letters of a cause came within an hour.</summary>
internal sealed class DeadLetterCauseHourRecord
{
    /// <summary>Row of the cause.</summary>
    public long Cause { get; set; }

    /// <summary>Whole hours since 1970.</summary>
    public long Hour { get; set; }

    public long Count { get; set; }
}
