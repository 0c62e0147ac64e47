namespace Consumers.Core;

/// <summary>Why a task was dead-lettered; travels as <c>x-dead-reason</c> (DESIGN §4).</summary>
public enum DeadReason
{
    Permanent,
    Exhausted,
    Malformed,
    NoHandler,
    Crashed,
    TooLarge,
}

public static class DeadReasonNames
{
    /// <summary>The name on the wire, in the ledger and on pages.</summary>
    public static string ToWire(this DeadReason reason) => reason switch
    {
        DeadReason.Permanent => "permanent",
        DeadReason.Exhausted => "exhausted",
        DeadReason.Malformed => "malformed",
        DeadReason.NoHandler => "no-handler",
        DeadReason.Crashed => "crashed",
        DeadReason.TooLarge => "too-large",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a dead-letter reason"),
    };

    /// <summary>The reason of that name on the wire, or null when there is none.</summary>
    public static DeadReason? FromWire(string? name) => name switch
    {
        "permanent" => DeadReason.Permanent,
        "exhausted" => DeadReason.Exhausted,
        "malformed" => DeadReason.Malformed,
        "no-handler" => DeadReason.NoHandler,
        "crashed" => DeadReason.Crashed,
        "too-large" => DeadReason.TooLarge,
        _ => null,
    };
}
