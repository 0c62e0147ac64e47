using Consumers.Core;

namespace Consumers.Host.DeadLetters;

internal static class OperationStates
{
    /// <summary>True once nothing more will be done; what is published may still run.</summary>
    public static bool IsOver(this OperationState state) => state is OperationState.Cancelled or OperationState.Done;
}
