namespace Consumers.Ledger;

/// <summary>What somebody did to the fleet or its tasks. Rows are added and never changed.</summary>
internal sealed class AuditRecord
{
    /// <summary>Rises with every insert.</summary>
    public long Row { get; set; }

    /// <summary>Of the action, given by whoever asked for it: a commit whose answer was lost is not noted twice.</summary>
    public required string Id { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>Who.</summary>
    public required string Actor { get; set; }

    /// <summary>A verb: <c>pause</c>, <c>resume</c>.</summary>
    public required string Action { get; set; }

    /// <summary>What it was done to: a module, <c>module/type</c>, a task's id, a filter.</summary>
    public required string Target { get; set; }

    /// <summary>How many things it was done to.</summary>
    public long Count { get; set; }

    /// <summary><c>done</c>, or <c>unchanged</c> when there was nothing to do.</summary>
    public required string Result { get; set; }

    /// <summary>Why it was done, or what else is to be known.</summary>
    public string? Detail { get; set; }
}
