namespace Consumers.Core;

/// <summary>What a handler says of one attempt. What becomes of the delivery is decided by <see cref="SettlementPolicy"/>.</summary>
public abstract record TaskOutcome
{
    private TaskOutcome() { }

    public static TaskOutcome Success() => Succeeded.Instance;

    /// <summary>Try again later: after the backoff of the retry schedule, or after <paramref name="after"/> when the called side named a time (a Retry-After).</summary>
    /// <param name="after">Counted from now; negative counts as zero.</param>
    public static TaskOutcome RetryableFailure(string reason, TimeSpan? after = null) => new Retryable(reason, after);

    /// <summary>No retry can help: dead-letter at once.</summary>
    public static TaskOutcome PermanentFailure(string reason) => new Permanent(reason, DeadReason.Permanent);

    internal static TaskOutcome NoHandler(string type) => new Permanent($"no handler for task type '{type}'", DeadReason.NoHandler);

    public sealed record Succeeded : TaskOutcome
    {
        public static readonly Succeeded Instance = new();
    }

    public sealed record Retryable(string Reason, TimeSpan? After) : TaskOutcome
    {
        internal Thrown? Thrown { get; init; }
    }

    public sealed record Permanent(string Reason, DeadReason DeadReason) : TaskOutcome
    {
        internal Thrown? Thrown { get; init; }
    }
}
