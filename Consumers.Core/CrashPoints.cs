namespace Consumers.Core;

/// <summary>
/// The places where a crash leaves a state of its own behind, in the order in which a task passes them; <c>docs/crash-points.md</c> says who repairs each.
/// The number that is missing belongs to a part that this build does not have: counters in Redis (K19).
/// </summary>
public static class CrashPoints
{
    /// <summary>The row is QUEUED and durable; nothing is published.</summary>
    public const string Queued = "K0";

    /// <summary>The task is sent; whether the broker has it is not known.</summary>
    public const string Published = "K1";

    /// <summary>The broker has confirmed the task; the row does not say so.</summary>
    public const string PublishConfirmed = "K2";

    /// <summary>A delivery has come; nothing is written.</summary>
    public const string Delivered = "K3";

    /// <summary>The attempt is begun and durable; its handler is not.</summary>
    public const string Begun = "K4";

    /// <summary>The handler runs.</summary>
    public const string Handling = "K5";

    /// <summary>The handler has returned; its outcome is not written. The only point where a repeated effect is right.</summary>
    public const string Handled = "K6";

    /// <summary>COMPLETED is durable; its status event is not sent.</summary>
    public const string CompletedCommitted = "K7";

    /// <summary>The status event of an outcome is sent; whether the broker has it is not known.</summary>
    public const string StatusSent = "K8";

    /// <summary>The status event of an outcome is confirmed; the delivery is not acknowledged.</summary>
    public const string StatusConfirmed = "K9";

    /// <summary>The ack is handed to the connection; whether the broker has it is not known.</summary>
    public const string AckWritten = "K10";

    /// <summary>RETRYING is durable; the retry is not sent.</summary>
    public const string RetryCommitted = "K11";

    /// <summary>The broker has confirmed the retry; the delivery that failed is not acknowledged.</summary>
    public const string RetryConfirmed = "K12";

    /// <summary>FAILED is durable; the dead letter is not sent.</summary>
    public const string FailureCommitted = "K13";

    /// <summary>The broker has confirmed the dead letter; the delivery is not acknowledged.</summary>
    public const string DeadLetterConfirmed = "K14";

    /// <summary>An operation has taken up dead letters, durably; none of them is published.</summary>
    public const string ReplayClaimed = "K15";

    /// <summary>The broker has confirmed a replayed task; its operation does not say so.</summary>
    public const string ReplayConfirmed = "K16";

    /// <summary>A shutdown drains: nothing more is taken, what runs has not ended.</summary>
    public const string Draining = "K17";

    /// <summary>The start recovers: reached first with the ledger's schema checked (a new ledger: before that, with its tables made and not committed), then with the lease taken, then where the relay begins.</summary>
    public const string Recovering = "K18";

    /// <summary>A transaction that holds an outcome or an accepted task is written, and not committed.</summary>
    public const string InTransaction = "K20";

    /// <summary>Kafka: the record is settled; its offset is not committed.</summary>
    public const string Processed = "K21";

    /// <summary>Kafka: a partition is being taken away; its last commit is not made.</summary>
    public const string Revoking = "K22";

    /// <summary>Dead letters are in the ledger; the broker does not know that they are.</summary>
    public const string Archived = "K23";

    public static IReadOnlyList<string> All { get; } =
    [
        Queued, Published, PublishConfirmed, Delivered, Begun, Handling, Handled, CompletedCommitted, StatusSent, StatusConfirmed, AckWritten,
        RetryCommitted, RetryConfirmed, FailureCommitted, DeadLetterConfirmed, ReplayClaimed, ReplayConfirmed, Draining, Recovering, InTransaction,
        Processed, Revoking, Archived,
    ];

    /// <summary>The point right after this settlement is durable.</summary>
    internal static string Committed(Settlement settlement) => settlement switch
    {
        Settlement.Retry => RetryCommitted,
        Settlement.DeadLetter => FailureCommitted,
        _ => CompletedCommitted,
    };
}
