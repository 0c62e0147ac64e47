namespace Consumers.Fleet;

/// <summary>Section <c>Consumers:Fleet:Redis</c>: where instances on different machines meet.</summary>
public sealed class RedisOptions
{
    public const string Section = "Consumers:Fleet:Redis";

    /// <summary><c>redis://[user:password@]host:port[/database]</c>, or <c>rediss://</c> for TLS. The environment variable REDIS_URL goes before it. Default none: the fleet is what the ledger shows, or this process.</summary>
    public string? Url { get; set; }

    /// <summary>How long one command may take before Redis counts as away; 50 ms–30 s. Default 1 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Tasks whose count waits in this process while Redis is away; 100–10,000,000. Above it they are still counted, but their status is not written. Default 100,000.</summary>
    public int Buffer { get; set; } = 100_000;

    /// <summary>How long the guard remembers a task after its last change, and so for how long a redelivery is recognized; 1 hour–365 days. Default 3 days.</summary>
    public TimeSpan Remember { get; set; } = TimeSpan.FromDays(3);

    internal bool IsConfigured => !string.IsNullOrWhiteSpace(Url);
}
