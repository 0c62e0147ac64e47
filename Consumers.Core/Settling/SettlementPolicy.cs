namespace Consumers.Core;

/// <summary>What becomes of a delivery for an outcome. Pure: the same arguments give the same settlement.</summary>
public static class SettlementPolicy
{
    /// <param name="retryCount">Retries before the attempt that just ended.</param>
    /// <param name="jitter">In [0, 1): how much of the jitter a retry gets.</param>
    public static Settlement Decide(TaskOutcome outcome, int retryCount, int maxRetries, RetrySchedule schedule, DateTimeOffset now, double jitter) => outcome switch
    {
        TaskOutcome.Succeeded => Settlement.Ack.Instance,
        TaskOutcome.Permanent failure => new Settlement.DeadLetter(failure.DeadReason, TaskHeaders.CleanError(failure.Reason)) { Thrown = failure.Thrown },
        TaskOutcome.Retryable failure when retryCount < maxRetries =>
            new Settlement.Retry(now + schedule.DelayFor(retryCount, failure.After, jitter), retryCount + 1, TaskHeaders.CleanError(failure.Reason)),
        TaskOutcome.Retryable failure => new Settlement.DeadLetter(DeadReason.Exhausted, TaskHeaders.CleanError(failure.Reason)) { Thrown = failure.Thrown },
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not an outcome"),
    };

    /// <summary>The state that a task is in after this settlement.</summary>
    public static TaskState StateAfter(Settlement settlement) => settlement switch
    {
        Settlement.Ack => TaskState.Completed,
        Settlement.Retry => TaskState.Retrying,
        Settlement.DeadLetter => TaskState.Failed,
        _ => throw new ArgumentOutOfRangeException(nameof(settlement), settlement, "does not end an attempt"),
    };

    /// <summary>The error that the attempt ended with; null when it succeeded.</summary>
    public static string? ErrorOf(Settlement settlement) => settlement switch
    {
        Settlement.Retry retry => retry.Error,
        Settlement.DeadLetter dead => dead.Error,
        _ => null,
    };

    /// <summary>For a message under an id that belongs to another task: neither its duplicate nor a task that could have a row.</summary>
    public static Settlement.DeadLetter IdConflict(string id) =>
        new(DeadReason.Permanent, $"id-conflict: another task has the id {id}, with another type or payload; publish this one under an id of its own");
}
