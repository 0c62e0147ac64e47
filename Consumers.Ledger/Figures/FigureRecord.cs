namespace Consumers.Ledger;

/// <summary>What one process did in one stretch of time, or all that did anything in one that is long ago.</summary>
internal sealed class FigureRecord
{
    public long StepSeconds { get; set; }

    public DateTimeOffset Start { get; set; }

    public required string Source { get; set; }

    public long Completed { get; set; }

    public long Failed { get; set; }

    public long Retried { get; set; }

    public int Running { get; set; }

    public long? Backlog { get; set; }

    /// <summary>As the spread writes itself.</summary>
    public required string Handling { get; set; }

    public required string Age { get; set; }

    /// <summary>Of how many it is.</summary>
    public int Processes { get; set; } = 1;
}
