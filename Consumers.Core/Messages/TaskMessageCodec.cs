using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Consumers.Core;

/// <summary>
/// Bytes to message and back. The envelope is strict: its members have one type each, none twice, and a null or a wrong type is malformed.
/// The payload is any JSON and is carried through as the bytes it came as.
/// </summary>
public static class TaskMessageCodec
{
    /// <summary>Nested deeper than this is malformed (DESIGN §4).</summary>
    public const int MaxDepth = 64;

    public const int MaxKeyLength = 512;

    /// <summary>A body with more members that are not a task's is malformed. The payload's own are not counted.</summary>
    public const int MaxUnknownMembers = 1000;

    /// <summary>Retry counts are clamped to 0–100.</summary>
    public const int MaxRetryCount = 100;

    /// <summary>
    /// Never throws on its input: whatever cannot be read as a task comes back as <see cref="MalformedTask"/> with the reason.
    /// </summary>
    /// <param name="body">UTF-8 JSON. The message's payload is a part of this memory.</param>
    /// <param name="fallbackId">The id for a body without one; null when the transport has none.</param>
    /// <param name="defaultMaxRetries">For a body that names none.</param>
    public static TaskMessage? Decode(ReadOnlyMemory<byte> body, string? fallbackId, int defaultMaxRetries, out MalformedTask? malformed)
    {
        malformed = null;
        // The reader does not look into strings that nobody asks for, so the payload's bytes are checked here.
        if (!Utf8.IsValid(body.Span))
        {
            malformed = new MalformedTask("the body is not valid UTF-8");
            return null;
        }
        return OrdinaryTask.TryRead(body, fallbackId, defaultMaxRetries) ?? DecodeAny(body, fallbackId, defaultMaxRetries, out malformed);
    }

    /// <summary>Whatever the body is.</summary>
    internal static TaskMessage? DecodeAny(ReadOnlyMemory<byte> body, string? fallbackId, int defaultMaxRetries, out MalformedTask? malformed)
    {
        malformed = null;
        TaskEnvelope? envelope;
        try
        {
            envelope = JsonSerializer.Deserialize(body.Span, EnvelopeJson.Default.TaskEnvelope);
        }
        // Not only JsonException: a lone surrogate in a name, say, surfaces as InvalidOperationException. Input may not choose what stops a consumer.
        catch (Exception e)
        {
            malformed = new MalformedTask(Describe(e));
            return null;
        }
        if (envelope is null)
        {
            malformed = new MalformedTask("the body is the JSON literal null, not a task");
            return null;
        }
        var id = envelope.Id ?? fallbackId;
        if (id is null)
        {
            malformed = new MalformedTask("$.id is missing, and the message carries no message id");
        }
        else if (!TaskName.IsValid(id))
        {
            malformed = new MalformedTask($"{(envelope.Id is null ? "the message id" : "$.id")} must be {TaskName.Rule}");
        }
        else if (envelope.Type is null || !TaskName.IsValid(envelope.Type))
        {
            malformed = new MalformedTask(envelope.Type is null ? "$.type is missing" : $"$.type must be {TaskName.Rule}");
        }
        else if (envelope.Key is { Length: > MaxKeyLength })
        {
            malformed = new MalformedTask($"$.key is longer than {MaxKeyLength} characters");
        }
        if (malformed is not null)
        {
            return null;
        }
        return new TaskMessage
        {
            Id = id!,
            Type = envelope.Type!,
            Payload = envelope.Payload.Length == 0 ? TaskMessage.NullPayload : body.Slice(envelope.Payload.Start, envelope.Payload.Length),
            RetryCount = envelope.RetryCount?.Value ?? 0,
            MaxRetries = envelope.MaxRetries?.Value ?? defaultMaxRetries,
            Key = envelope.Key,
            CreatedAt = envelope.CreatedAt,
            Unknown = envelope.Unknown is { Count: > 0 } unknown ? unknown : null,
        };
    }

    public static byte[] Encode(TaskMessage message)
    {
        var (buffer, writer) = Scratch();
        writer.WriteStartObject();
        writer.WriteString("id"u8, message.Id);
        writer.WriteString("type"u8, message.Type);
        writer.WritePropertyName("payload"u8);
        writer.WriteRawValue(message.Payload.Span, skipInputValidation: true);
        writer.WriteNumber("retryCount"u8, message.RetryCount);
        writer.WriteNumber("maxRetries"u8, message.MaxRetries);
        if (message.Key is not null)
        {
            writer.WriteString("key"u8, message.Key);
        }
        if (message.CreatedAt is { } createdAt)
        {
            writer.WriteString("createdAt"u8, createdAt);
        }
        foreach (var (name, value) in message.Unknown ?? EmptyUnknown)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
        writer.WriteEndObject();
        writer.Flush();
        var body = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > MaxScratch)
        {
            t_scratch = null;
        }
        return body;
    }

    /// <summary>The thread's own buffer and writer, emptied: publishing encodes every task, and only the result has to be new.</summary>
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Scratch()
    {
        if (t_scratch is not { } scratch)
        {
            var made = new ArrayBufferWriter<byte>(1024);
            t_scratch = scratch = (made, new Utf8JsonWriter(made));
        }
        scratch.Buffer.ResetWrittenCount();
        scratch.Writer.Reset();
        return scratch;
    }

    /// <summary>A thread keeps no more than this; a large task is rare.</summary>
    private const int MaxScratch = 64 * 1024;

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? t_scratch;

    private static readonly Dictionary<string, JsonElement> EmptyUnknown = [];

    private static string Describe(Exception e)
    {
        // The serializer's own text names a .NET type; the path and the position are what a sender can use.
        if (e is JsonException { Path: { } path } json)
        {
            var at = json.LineNumber is { } line ? $" (line {line + 1}, byte {json.BytePositionInLine + 1})" : "";
            var why = json.Message.Contains("required", StringComparison.Ordinal) ? "a required member is missing"
                : json.Message.Contains("uplicate", StringComparison.Ordinal) ? "a member is there twice"
                : json.InnerException is JsonException or null && json.Message.Contains("could not be converted", StringComparison.Ordinal) ? "has the wrong type"
                : json.InnerException?.Message ?? json.Message;
            return TaskHeaders.CleanError($"{path}: {why}{at}");
        }
        return TaskHeaders.CleanError(e.Message);
    }
}

/// <param name="Reason">What is wrong and where, fit for a header.</param>
public sealed record MalformedTask(string Reason);

internal sealed class TaskEnvelope
{
    public string? Id { get; set; }

    public string? Type { get; set; }

    public JsonRange Payload { get; set; }

    public ClampedCount? RetryCount { get; set; }

    public ClampedCount? MaxRetries { get; set; }

    public string? Key { get; set; }

    public DateTimeOffset? CreatedAt { get; set; }

    [JsonExtensionData]
    public UnknownMembers? Unknown { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    MaxDepth = TaskMessageCodec.MaxDepth)]
[JsonSerializable(typeof(TaskEnvelope))]
internal sealed partial class EnvelopeJson : JsonSerializerContext;

/// <summary>Where a JSON value lies in the body: a payload is located, not copied.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct JsonRange(int Start, int Length)
{
    internal sealed class Converter : JsonConverter<JsonRange>
    {
        public override bool HandleNull => true;

        public override JsonRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            return new JsonRange(start, (int)reader.BytesConsumed - start);
        }

        public override void Write(Utf8JsonWriter writer, JsonRange value, JsonSerializerOptions options) => throw new NotSupportedException("A range is only read.");
    }
}

/// <summary>An integer of any size, clamped to 0–100; a fraction, a string or null is a wrong type.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct ClampedCount(int Value)
{
    internal sealed class Converter : JsonConverter<ClampedCount>
    {
        public override ClampedCount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw new JsonException("must be an integer");
            }
            if (reader.TryGetInt64(out var number))
            {
                return new ClampedCount((int)Math.Clamp(number, 0, TaskMessageCodec.MaxRetryCount));
            }
            // An integer too large for 64 bits is still an integer; 1.5 and 1e3 are not.
            var digits = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
            if (digits.IndexOfAnyExcept("-0123456789"u8) >= 0)
            {
                throw new JsonException("must be an integer");
            }
            return new ClampedCount(digits[0] == '-' ? 0 : TaskMessageCodec.MaxRetryCount);
        }

        public override void Write(Utf8JsonWriter writer, ClampedCount value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
    }
}
