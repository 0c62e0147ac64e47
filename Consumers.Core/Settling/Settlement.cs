namespace Consumers.Core;

/// <summary>What the transport does with a delivery. A closed family: what the handler says is <see cref="TaskOutcome"/>, what becomes of the delivery is this.</summary>
public abstract record Settlement
{
    private Settlement() { }

    /// <summary>The work is done: acknowledge.</summary>
    public sealed record Ack : Settlement
    {
        public static readonly Ack Instance = new();
    }

    /// <summary>Publish to the retry tier with the retry count raised, then acknowledge.</summary>
    /// <param name="DueAt">Not before this time.</param>
    /// <param name="RetryCount">The retry count that the published message carries.</param>
    public sealed record Retry(DateTimeOffset DueAt, int RetryCount, string Error) : Settlement;

    /// <summary>Publish to the dead letters, byte for byte, then acknowledge.</summary>
    public sealed record DeadLetter(DeadReason Reason, string Error) : Settlement
    {
        /// <summary>The exception, where there was one and this process saw it.</summary>
        internal Thrown? Thrown { get; init; }
    }

    /// <summary>Publish to a retry tier with everything unchanged, then acknowledge: it comes back later and costs no attempt.</summary>
    public sealed record Park(DateTimeOffset DueAt) : Settlement;

    /// <summary>Give the delivery back to the broker: it is delivered again, and costs no attempt.</summary>
    public sealed record HandBack : Settlement
    {
        public static readonly HandBack Instance = new();
    }
}
