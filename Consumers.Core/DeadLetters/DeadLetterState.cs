namespace Consumers.Core;

/// <summary>What has become of a dead letter.</summary>
public enum DeadLetterState
{
    /// <summary>Nobody has done anything about it since it came last.</summary>
    Dead,

    /// <summary>Published again; should it fail again, it is <see cref="Dead"/> again.</summary>
    Replayed,

    Discarded,
}

public static class DeadLetterStateNames
{
    /// <summary>The name in the ledger, the API and on pages.</summary>
    public static string ToWire(this DeadLetterState state) => state switch
    {
        DeadLetterState.Dead => "dead",
        DeadLetterState.Replayed => "replayed",
        DeadLetterState.Discarded => "discarded",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a dead letter"),
    };

    /// <summary>The state of that name, or null when there is none.</summary>
    public static DeadLetterState? FromWire(string? name) => name switch
    {
        "dead" => DeadLetterState.Dead,
        "replayed" => DeadLetterState.Replayed,
        "discarded" => DeadLetterState.Discarded,
        _ => null,
    };
}
