namespace Consumers.Ledger;

/// <summary>Section <c>Consumers:Ledger</c>.</summary>
public sealed class LedgerOptions
{
    public const string Section = "Consumers:Ledger";

    /// <summary>The SQLite file, relative to the working directory; made with its folder when it is missing. All instances that share it must be on one machine. Default <c>data/ledger.db</c>.</summary>
    public string Path { get; set; } = "data/ledger.db";

    /// <summary>How long completed and failed tasks stay. At least 1 hour, because a redelivery is recognized by these rows. Default 7 days.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many tasks are removed in one transaction; 1–10,000. Default 500.</summary>
    public int RetentionBatch { get; set; } = 500;

    /// <summary>How long a write waits for another process's before the ledger counts as locked; 10 ms–60 s. Default 5 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a task is due, or its owner's lease over, before it counts as orphaned: reported as one whose message is gone, if the broker has none of its module either. At least 1 s. Default 5 min.
    /// </summary>
    public TimeSpan OrphanedAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a ledger that could not be written is tried again.</summary>
    internal TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(1);
}
