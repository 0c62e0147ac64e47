using System.Collections;
using System.Diagnostics;
using System.Text;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// The properties of a message that is published again. They come from outside: what the client could not write, what would take effect on this way
/// (expiration, user id, CC) and what the broker itself had added stays behind.
/// </summary>
internal static class OnwardProperties
{
    public const int MaxHeaders = 64;
    public const int MaxHeaderBytes = 64 * 1024;

    private const int MaxShortString = 255;
    private const int MaxDepth = 4;

    /// <param name="ours">The fleet's headers for this message. Null keeps those of the delivery: it goes on unchanged.</param>
    /// <param name="span">The trace context for a message that has none.</param>
    public static BasicProperties From(IReadOnlyBasicProperties source, string? messageId, IReadOnlyList<KeyValuePair<string, string>>? ours, TraceParent trace, Activity? span = null)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = Short(source.ContentType) ?? "application/json",
            MessageId = Short(messageId),
            Headers = HeadersFrom(source.Headers, ours, trace, span),
        };
        if (Short(source.ContentEncoding) is { } encoding)
        {
            properties.ContentEncoding = encoding;
        }
        if (Short(source.CorrelationId) is { } correlation)
        {
            properties.CorrelationId = correlation;
        }
        if (Short(source.ReplyTo) is { } replyTo)
        {
            properties.ReplyTo = replyTo;
        }
        if (Short(source.Type) is { } type)
        {
            properties.Type = type;
        }
        if (Short(source.AppId) is { } app)
        {
            properties.AppId = app;
        }
        if (source.IsTimestampPresent())
        {
            properties.Timestamp = source.Timestamp;
        }
        if (source.IsPriorityPresent())
        {
            properties.Priority = source.Priority;
        }
        return properties;
    }

    private static Dictionary<string, object?> HeadersFrom(IDictionary<string, object?>? source, IReadOnlyList<KeyValuePair<string, string>>? ours, TraceParent trace, Activity? span = null)
    {
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in ours ?? [])
        {
            headers[name] = value;
        }
        var left = MaxHeaderBytes;
        foreach (var (name, value) in InOrder(source))
        {
            // Two are kept free: for a trace, and for the number that the client itself adds to what it confirms.
            if (headers.Count >= MaxHeaders - 2)
            {
                break;
            }
            if (IsLeftBehind(name, dropOurs: ours is not null) || headers.ContainsKey(name) || SizeOf(value, MaxDepth) is not { } size)
            {
                continue;
            }
            size += Encoding.UTF8.GetByteCount(name) + 2;
            if (size <= left)
            {
                left -= size;
                headers[name] = value;
            }
        }
        if (!headers.ContainsKey(TaskHeaders.TraceParent))
        {
            headers[TaskHeaders.TraceParent] = trace.CurrentOrNew(span);
        }
        return headers;
    }

    /// <summary>The trace goes first, so that a flood of other headers cannot push it out.</summary>
    private static IEnumerable<KeyValuePair<string, object?>> InOrder(IDictionary<string, object?>? source) => source is null
        ? []
        : source.Where(header => IsTrace(header.Key)).Concat(source.Where(header => !IsTrace(header.Key)));

    private static bool IsTrace(string name) => name is TaskHeaders.TraceParent or TaskHeaders.TraceState;

    private static bool IsLeftBehind(string name, bool dropOurs) =>
        IncomingHeaders.IsOfTheBroker(name)
        || (dropOurs && TaskHeaders.IsOurs(name))
        || Encoding.UTF8.GetByteCount(name) > MaxShortString;

    /// <summary>About how many bytes the value takes on the wire; null when the client cannot write it or it is nested too deep.</summary>
    private static int? SizeOf(object? value, int depth) => value switch
    {
        null or bool or byte or sbyte => 2,
        short or ushort => 3,
        int or uint or float => 5,
        decimal => 6,
        long or double or AmqpTimestamp => 9,
        byte[] bytes => 5 + bytes.Length,
        string text => 5 + Encoding.UTF8.GetByteCount(text),
        BinaryTableValue table => 5 + table.Bytes.Length,
        IDictionary<string, object?> table => SizeOf(table, depth),
        IList list => SizeOf(list, depth),
        _ => null,
    };

    private static int? SizeOf(IDictionary<string, object?> table, int depth)
    {
        int? total = 5;
        foreach (var (name, value) in table)
        {
            var nameSize = Encoding.UTF8.GetByteCount(name);
            total = depth == 0 || nameSize > MaxShortString || total > MaxHeaderBytes ? null : total + nameSize + 1 + SizeOf(value, depth - 1);
            if (total is null)
            {
                break;
            }
        }
        return total;
    }

    private static int? SizeOf(IList list, int depth)
    {
        int? total = 5;
        foreach (var value in list)
        {
            total = depth == 0 || total > MaxHeaderBytes ? null : total + SizeOf(value, depth - 1);
            if (total is null)
            {
                break;
            }
        }
        return total;
    }

    /// <summary>Invalid bytes grow when they are read as text, so even what came as a short string may not fit into one.</summary>
    private static string? Short(string? text) => text is not null && Encoding.UTF8.GetByteCount(text) <= MaxShortString ? text : null;
}
