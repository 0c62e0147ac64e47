namespace Consumers.Ledger;

/// <summary>What one process did in one stretch of time.</summary>
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
}
