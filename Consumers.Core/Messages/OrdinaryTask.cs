using System.Text.Json;

namespace Consumers.Core;

/// <summary>
/// Reads the bodies that nearly all are: the members that a task has, none twice, each of its type, nothing escaped. It gives up on everything else, which the serializer then reads or refuses with its
/// reason; so it may give up at anything, but must read nothing differently. It takes a third of the time, and leaves nothing behind but the message.
/// </summary>
internal static class OrdinaryTask
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = TaskMessageCodec.MaxDepth };

    /// <summary>Most tasks have the type of the one before: its text is there already.</summary>
    [ThreadStatic]
    private static string? t_type;

    /// <param name="body">Valid UTF-8.</param>
    public static TaskMessage? TryRead(ReadOnlyMemory<byte> body, string? fallbackId, int defaultMaxRetries)
    {
        try
        {
            return Read(body, fallbackId, defaultMaxRetries);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TaskMessage? Read(ReadOnlyMemory<byte> body, string? fallbackId, int defaultMaxRetries)
    {
        var reader = new Utf8JsonReader(body.Span, Options);
        string? id = null, type = null, key = null;
        ReadOnlyMemory<byte>? payload = null;
        int? retryCount = null, maxRetries = null;
        DateTimeOffset? createdAt = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueIsEscaped)
            {
                return null;
            }
            var isRead = reader.ValueSpan switch
            {
                [(byte)'i', (byte)'d'] => id is null && TryText(ref reader, out id),
                [(byte)'k', (byte)'e', (byte)'y'] => key is null && TryText(ref reader, out key) && key!.Length <= TaskMessageCodec.MaxKeyLength,
                var name when name.SequenceEqual("type"u8) => type is null && TryType(ref reader, out type),
                var name when name.SequenceEqual("payload"u8) => payload is null && TrySkip(ref reader, body, out payload),
                var name when name.SequenceEqual("retryCount"u8) => retryCount is null && TryCount(ref reader, out retryCount),
                var name when name.SequenceEqual("maxRetries"u8) => maxRetries is null && TryCount(ref reader, out maxRetries),
                var name when name.SequenceEqual("createdAt"u8) => createdAt is null && TryTime(ref reader, out createdAt),
                _ => false,
            };
            if (!isRead)
            {
                return null;
            }
        }
        id ??= fallbackId;
        // The object's end is read; what comes behind it throws.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read() || type is null || id is null || !TaskName.IsValid(id))
        {
            return null;
        }
        return new TaskMessage
        {
            Id = id,
            Type = type,
            Payload = payload ?? TaskMessage.NullPayload,
            RetryCount = retryCount ?? 0,
            MaxRetries = maxRetries ?? defaultMaxRetries,
            Key = key,
            CreatedAt = createdAt,
        };
    }

    private static bool TryText(ref Utf8JsonReader reader, out string? text)
    {
        text = reader.Read() && reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false } ? reader.GetString() : null;
        return text is not null;
    }

    private static bool TryType(ref Utf8JsonReader reader, out string? type)
    {
        type = null;
        if (!reader.Read() || reader is not { TokenType: JsonTokenType.String, ValueIsEscaped: false })
        {
            return false;
        }
        if (t_type is { } known && reader.ValueTextEquals(known))
        {
            type = known;
            return true;
        }
        type = reader.GetString()!;
        if (!TaskName.IsValid(type))
        {
            return false;
        }
        t_type = type;
        return true;
    }

    private static bool TrySkip(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte>? value)
    {
        value = null;
        if (!reader.Read())
        {
            return false;
        }
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        value = body[start..(int)reader.BytesConsumed];
        return true;
    }

    private static bool TryCount(ref Utf8JsonReader reader, out int? count)
    {
        count = reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? (int)Math.Clamp(number, 0, TaskMessageCodec.MaxRetryCount) : null;
        return count is not null;
    }

    private static bool TryTime(ref Utf8JsonReader reader, out DateTimeOffset? time)
    {
        time = reader.Read() && reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false } && reader.TryGetDateTimeOffset(out var read) ? read : null;
        return time is not null;
    }
}
