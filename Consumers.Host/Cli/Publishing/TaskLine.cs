using System.Text;
using Consumers.Core;

namespace Consumers.Host.Cli.Publishing;

/// <summary>One line of NDJSON to one task. Stricter than a consumer: a member that is not of the message is taken for a slip.</summary>
internal sealed class TaskLine(PublishRequest request, ConsumersOptions options, TimeProvider time)
{
    private static readonly string[] Members = ["id", "type", "payload", "retryCount", "maxRetries", "key", "createdAt"];

    public (TaskMessage? Message, InputError? Error) Parse(ReadOnlyMemory<byte> line, long number)
    {
        var now = time.GetUtcNow();
        var maxRetries = request.MaxRetries ?? options.DefaultMaxRetries;
        var message = TaskMessageCodec.Decode(line, Guid.CreateVersion7(now).ToString(), maxRetries, out var malformed);
        if (message is null && request.Type is { } type && malformed!.Reason.StartsWith("$.type is missing", StringComparison.Ordinal))
        {
            message = TaskMessageCodec.Decode(WithType(line, type), Guid.CreateVersion7(now).ToString(), maxRetries, out malformed);
        }
        if (message is null)
        {
            return (null, new InputError(number, PointerOf(malformed!.Reason), "malformed", malformed.Reason));
        }
        if (message.Unknown is { } unknown)
        {
            var name = unknown.Keys.First();
            return (null, new InputError(number, "/" + name, "unknown-member", $"unknown member '{name}'.{NearestWord.Hint(name, Members)} Members: {string.Join(", ", Members)}"));
        }
        message = message with { Key = message.Key ?? request.Key, CreatedAt = message.CreatedAt ?? now };
        var size = TaskMessageCodec.Encode(message).Length;
        return size > options.MaxBodyBytes ? (null, TooLarge(number, options)) : (message, null);
    }

    public static InputError TooLarge(long? number, ConsumersOptions options) =>
        new(number, "", "too-large", $"the task has more than {options.MaxBodyBytes} bytes as a message (Consumers:MaxBodyBytes)");

    /// <summary>The first member of the object becomes the type; the names were checked, so it is not there already.</summary>
    private static ReadOnlyMemory<byte> WithType(ReadOnlyMemory<byte> line, string type)
    {
        var start = line.Span.IndexOf((byte)'{') + 1;
        var isEmpty = line.Span[start..].IndexOf((byte)'"') < 0;
        return (byte[])[.. line.Span[..start], .. Encoding.UTF8.GetBytes($"\"type\":\"{type}\"{(isEmpty ? "" : ",")}"), .. line.Span[start..]];
    }

    private static string PointerOf(string reason)
    {
        var end = reason.IndexOfAny([' ', ':']);
        return reason.StartsWith('$') && end > 0 ? reason[1..end].Replace('.', '/') : "";
    }
}
