using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>A dead letter in the hands of an operation.</summary>
internal sealed class OperationItemRecord
{
    /// <summary>Row of the operation.</summary>
    public long Operation { get; set; }

    /// <summary>From 1, in the order in which it is done.</summary>
    public long Position { get; set; }

    /// <summary>Row of the entry. Only one operation at a time has it waiting or claimed.</summary>
    public long DeadLetterRow { get; set; }

    public OperationItemState State { get; set; }

    /// <summary>The series that it was replayed in; null before.</summary>
    public int? Series { get; set; }

    /// <summary>The task that runs; null before, and when the entry is no task.</summary>
    public string? TaskId { get; set; }

    /// <summary>It is published, and how it ends may still become known.</summary>
    public bool Awaited { get; set; }

    /// <summary>Of the last change.</summary>
    public DateTimeOffset? At { get; set; }

    public string? Error { get; set; }
}
