namespace Consumers.Core;

/// <summary>What a handler may know of the attempt it makes.</summary>
public sealed class TaskContext
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    /// <summary>UTF-8 JSON; valid until the handler returns.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    public string? Key { get; init; }

    /// <summary>1 for the first.</summary>
    public required int Attempt { get; init; }

    /// <summary>1 unless the task was replayed.</summary>
    public required int Series { get; init; }

    public required int MaxRetries { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary><c>rabbit</c>, <c>kafka</c> or <c>scaling</c>.</summary>
    public required string Module { get; init; }

    /// <summary>The instance that runs it.</summary>
    public required string WorkerId { get; init; }

    /// <summary>Where the delivery came from: a queue, or <c>topic:partition:offset</c>.</summary>
    public string Origin { get; init; } = "";

    /// <summary>W3C trace context of who published the task; null when it came without.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The same for a redelivery, a retry and a replay of this task.</summary>
    public string IdempotencyKey => Id;
}
