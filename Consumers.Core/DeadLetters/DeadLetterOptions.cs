namespace Consumers.Core;

/// <summary>Section <c>Consumers:DeadLetters</c>.</summary>
public sealed class DeadLetterOptions
{
    /// <summary>Whether dead letters are taken from the brokers into the ledger; without a ledger they always stay. Default true.</summary>
    public bool Archive { get; set; } = true;

    /// <summary>Of a larger body only so many bytes are kept, with the size and the SHA-256 of the whole; 1 KiB–512 MiB. Default 16 MiB.</summary>
    public int MaxKeptBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How long an entry stays that nobody has replayed or discarded; at least 1 hour. Null, the default: for ever.</summary>
    public TimeSpan? DeadRetention { get; set; }

    /// <summary>How many dead letters a second one replay publishes when whoever starts it names no rate; 0.1–10,000. Default 200.</summary>
    public double ReplayRate { get; set; } = 200;
}
