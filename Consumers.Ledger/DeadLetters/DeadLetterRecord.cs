using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>A dead letter in the archive, without its body.</summary>
internal sealed class DeadLetterRecord
{
    public long Row { get; set; }

    /// <summary>For links and commands; a GUID.</summary>
    public required string Id { get; set; }

    /// <summary>Rises over the whole archive whenever an entry comes or comes again: what pages go by. A change of state leaves it.</summary>
    public long Seq { get; set; }

    public required string Module { get; set; }

    public required string Source { get; set; }

    public string? Origin { get; set; }

    /// <summary>Of the message that was archived last.</summary>
    public required string Identity { get; set; }

    /// <summary>Null when the body is no task, or claims to be one that another entry has with other content.</summary>
    public string? TaskId { get; set; }

    public string? Type { get; set; }

    public string? Key { get; set; }

    /// <summary>SHA-256 of what never changes in a task's life, its type and payload, or of the body when that is no task: who only knows an id cannot pass for it.</summary>
    public required string Content { get; set; }

    public int Series { get; set; }

    public required string Reason { get; set; }

    /// <summary>Row of the cause.</summary>
    public long Cause { get; set; }

    public required string Error { get; set; }

    public int Attempts { get; set; }

    /// <summary>How often it was dead-lettered.</summary>
    public int Times { get; set; }

    public DateTimeOffset? FirstFailureAt { get; set; }

    public DateTimeOffset DeadAt { get; set; }

    /// <summary>When it came last.</summary>
    public DateTimeOffset ArchivedAt { get; set; }

    /// <summary>When its state changed last.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    public string? ConsumerId { get; set; }

    /// <summary>Of the whole body, though only its head may be kept.</summary>
    public long BodyBytes { get; set; }

    public DeadLetterState State { get; set; }

    public string? ReplayedAs { get; set; }

    /// <summary>Id of the operation that took it up last.</summary>
    public string? Operation { get; set; }

    public DeadLetterBodyRecord? Body { get; set; }
}
