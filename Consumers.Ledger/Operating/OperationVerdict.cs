using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Whether an operation may go on, by its counts alone.</summary>
internal static class OperationVerdict
{
    /// <summary>A share is judged from this many outcomes on; a canary's, when all of it has ended.</summary>
    public const int EnoughEnded = 20;

    /// <summary>How many items more it may take up now.</summary>
    public static long Allowance(OperationRecord operation) => operation.State != OperationState.Running ? 0
        : operation.IsCanaryPassed ? operation.Waiting
        : Math.Clamp(operation.Canary - Taken(operation), 0, operation.Waiting);

    /// <summary>All of the canary was taken up, and nothing of it is open.</summary>
    public static bool HasCanaryEnded(OperationRecord operation) =>
        !operation.IsCanaryPassed && Taken(operation) >= Math.Min(operation.Canary, operation.Total) && operation is { Claimed: 0, Awaited: 0 };

    /// <summary>Why it must stop; null while it may go on.</summary>
    public static string? WhyStop(OperationRecord operation)
    {
        var failed = operation.FailedAgain - operation.JudgedFailed;
        var ended = failed + operation.Succeeded - operation.JudgedSucceeded;
        var isJudged = ended >= EnoughEnded || (ended > 0 && HasCanaryEnded(operation));
        return isJudged && failed * 100 > ended * operation.StopAtFailurePercent
            ? $"{failed} of {ended} failed again, more than {operation.StopAtFailurePercent} %: look at why, then resume or cancel it."
            : null;
    }

    /// <summary>Nothing is left to do, and nothing more will become known.</summary>
    public static bool IsOver(OperationRecord operation) =>
        operation is { State: OperationState.Running or OperationState.Cancelled, Waiting: 0, Claimed: 0, Awaited: 0 };

    private static long Taken(OperationRecord operation) => operation.Total - operation.Waiting;
}
