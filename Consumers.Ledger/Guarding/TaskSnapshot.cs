using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What the guard decides by: a task's row as it is inside the transaction.</summary>
internal sealed record TaskSnapshot : GuardedTask
{
    public long Row { get; init; }

    public required string Module { get; init; }

    public int RetryCount { get; init; }
}
