using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What the guard decides by: a task's row as it is inside the transaction.</summary>
internal sealed record TaskSnapshot : GuardedTask
{
    public long Row { get; init; }

    public required string Module { get; init; }

    public int RetryCount { get; init; }

    /// <summary>Of the attempt that runs, or ran last.</summary>
    public long? StartTime { get; init; }

    /// <inheritdoc cref="StartTime" />
    public string? TraceId { get; init; }

    /// <summary>The begun attempt that it holds.</summary>
    public BegunAttempt Running() => new(Row, Module, StartTime ?? ChangedAt, TraceId);
}
