namespace Consumers.Core;

/// <summary>The words of operations in the ledger, the API and on pages.</summary>
public static class OperationNames
{
    public static string ToWire(this OperationKind kind) => kind switch
    {
        OperationKind.Replay => "replay",
        OperationKind.Discard => "discard",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of operation"),
    };

    public static string ToWire(this OperationState state) => state switch
    {
        OperationState.Running => "running",
        OperationState.Paused => "paused",
        OperationState.Stopped => "stopped",
        OperationState.Cancelled => "cancelled",
        OperationState.Done => "done",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of an operation"),
    };

    public static string ToWire(this OperationItemState state) => state switch
    {
        OperationItemState.Waiting => "waiting",
        OperationItemState.Claimed => "claimed",
        OperationItemState.Published => "published",
        OperationItemState.Succeeded => "succeeded",
        OperationItemState.FailedAgain => "failed-again",
        OperationItemState.Discarded => "discarded",
        OperationItemState.Skipped => "skipped",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of an operation's item"),
    };

    /// <summary>Null when there is none of that name.</summary>
    public static OperationKind? KindFrom(string? name) => Find<OperationKind>(name, ToWire);

    /// <inheritdoc cref="KindFrom" />
    public static OperationState? StateFrom(string? name) => Find<OperationState>(name, ToWire);

    /// <inheritdoc cref="KindFrom" />
    public static OperationItemState? ItemStateFrom(string? name) => Find<OperationItemState>(name, ToWire);

    private static T? Find<T>(string? name, Func<T, string> wire)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (wire(value) == name)
            {
                return value;
            }
        }
        return null;
    }
}
