using System.Text.Json;

namespace Consumers.Core;

/// <summary>A unit of work as it travels: the JSON message of DESIGN §4, decoded.</summary>
public sealed record TaskMessage
{
    /// <summary>The JSON literal <c>null</c>: the payload of a message that has none.</summary>
    public static readonly ReadOnlyMemory<byte> NullPayload = "null"u8.ToArray();

    /// <summary>1–128 characters of <c>A-Za-z0-9._:-</c>; unique in the fleet.</summary>
    public required string Id { get; init; }

    /// <summary>1–128 characters of <c>A-Za-z0-9._:-</c>; selects the handler.</summary>
    public required string Type { get; init; }

    /// <summary>Any JSON value as UTF-8; default <c>null</c>.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; } = NullPayload;

    /// <summary>How many retries came before; 0–100. The attempt is one more.</summary>
    public int RetryCount { get; init; }

    /// <summary>How many retries may follow the first attempt; 0–100.</summary>
    public int MaxRetries { get; init; }

    /// <summary>Tasks of one key keep their order where the transport promises it; at most 512 characters.</summary>
    public string? Key { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>W3C trace context of the request that a task was accepted from; it travels as a header, never in the body. Null when nobody records one.</summary>
    public string? AcceptedIn { get; init; }

    /// <summary>Members this version does not know; kept when the message is published again.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>A new task with a time-ordered id (UUID version 7).</summary>
    public static TaskMessage Create(string type, ReadOnlyMemory<byte> payload, int maxRetries, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString(),
        Type = type,
        Payload = payload,
        MaxRetries = maxRetries,
        CreatedAt = now,
    };
}
