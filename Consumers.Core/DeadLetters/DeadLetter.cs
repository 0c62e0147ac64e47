namespace Consumers.Core;

/// <summary>One message of a dead-letter queue or topic, as the broker holds it.</summary>
/// <param name="Module">Whose it is, lower case.</param>
/// <param name="Source">The queue or topic that it was read from.</param>
/// <param name="Identity">
/// What tells this message from every other of the module, and is the same whenever the broker delivers it again; at most 400 characters. The archive goes by it where the body is no
/// task: a task is told by its id and series.
/// </param>
/// <param name="Body">The bytes as they are; valid until the batch is archived.</param>
/// <param name="MessageId">The task's id as the envelope has it; null when it has none.</param>
/// <param name="Key">The record's key on Kafka as text; null elsewhere.</param>
/// <param name="Headers">All that are text, in the broker's order; the broker's own are left out.</param>
public sealed record DeadLetter(
    string Module,
    string Source,
    string Identity,
    ReadOnlyMemory<byte> Body,
    string? MessageId,
    string? Key,
    IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>When it was dead-lettered, as far as the broker knows.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why the broker itself dead-lettered it: <c>delivery_limit in task-execution-queue</c>. Null when it says nothing of that.</summary>
    public string? BrokerReason { get; init; }
}
