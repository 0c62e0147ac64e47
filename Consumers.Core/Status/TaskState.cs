namespace Consumers.Core;

/// <summary>Where a task is in its life: <c>QUEUED → PROCESSING → COMPLETED | RETRYING | FAILED</c> (DESIGN §6). Completed and failed are final within a series.</summary>
public enum TaskState
{
    Queued,
    Processing,
    Retrying,
    Completed,
    Failed,
}

public static class TaskStateNames
{
    public static readonly IReadOnlyList<TaskState> All = Enum.GetValues<TaskState>();

    /// <summary>Upper case, as in JSON and in the ledger.</summary>
    public static string ToWire(this TaskState state) => state switch
    {
        TaskState.Queued => "QUEUED",
        TaskState.Processing => "PROCESSING",
        TaskState.Retrying => "RETRYING",
        TaskState.Completed => "COMPLETED",
        TaskState.Failed => "FAILED",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a task state"),
    };

    /// <summary>Lower case, as in routing keys.</summary>
    public static string ToRoutingKey(this TaskState state) => state switch
    {
        TaskState.Queued => "queued",
        TaskState.Processing => "processing",
        TaskState.Retrying => "retrying",
        TaskState.Completed => "completed",
        TaskState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a task state"),
    };

    public static bool IsFinal(this TaskState state) => state is TaskState.Completed or TaskState.Failed;

    /// <summary>The state of that name in any case, or null when there is none.</summary>
    public static TaskState? FromWire(string? name)
    {
        foreach (var state in All)
        {
            if (string.Equals(state.ToWire(), name, StringComparison.OrdinalIgnoreCase))
            {
                return state;
            }
        }
        return null;
    }
}
