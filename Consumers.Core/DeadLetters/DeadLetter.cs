namespace Consumers.Core;

/// <summary>One message of a dead-letter queue or topic, as the broker holds it.</summary>
/// <param name="Module">Whose it is, lower case.</param>
/// <param name="Source">The queue or topic that it was read from.</param>
/// <param name="Identity">
/// What tells this message from every other of the module, and is the same whenever the broker delivers it again: the archive keeps one entry for each.
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
    IReadOnlyList<KeyValuePair<string, string>> Headers);
