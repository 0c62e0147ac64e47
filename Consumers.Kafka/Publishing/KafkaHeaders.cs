using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Reads headers of a record, and writes those of one that is published again. They come from outside: this clamps, and never throws.</summary>
internal static class KafkaHeaders
{
    public const int MaxHeaders = 64;
    public const int MaxBytes = 64 * 1024;

    public const string ContentType = "content-type";
    public static readonly byte[] Json = "application/json"u8.ToArray();

    /// <summary>Of a name that is there twice, the last; null when it is absent or no text.</summary>
    public static string? Read(Headers? headers, string name)
    {
        for (var i = (headers?.Count ?? 0) - 1; i >= 0; i--)
        {
            var header = headers![i];
            if (string.Equals(header.Key, name, StringComparison.Ordinal))
            {
                return header.GetValueBytes() is { } bytes ? HeaderText.Decode(bytes) : null;
            }
        }
        return null;
    }

    /// <summary>The headers of a new task.</summary>
    public static Headers New(byte[] traceParent) => new() { { TaskHeaders.TraceParent, traceParent }, { ContentType, Json } };

    /// <param name="ours">The fleet's headers for this record; those of the delivery are left behind.</param>
    /// <param name="span">The trace context for a record that has none.</param>
    public static Headers Onward(Headers? source, IReadOnlyList<KeyValuePair<string, string>> ours, TraceParent trace, Activity? span = null)
    {
        var headers = new Headers();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in ours)
        {
            headers.Add(name, Encoding.UTF8.GetBytes(value));
            names.Add(name);
        }
        var left = MaxBytes;
        foreach (var header in TraceFirst(source))
        {
            var value = header.GetValueBytes();
            var size = Encoding.UTF8.GetByteCount(header.Key) + (value?.Length ?? 0);
            // One is kept free for a trace.
            if (headers.Count < MaxHeaders - 1 && size <= left && !TaskHeaders.IsOurs(header.Key))
            {
                names.Add(header.Key);
                left -= size;
                headers.Add(header.Key, value);
            }
        }
        if (!names.Contains(TaskHeaders.TraceParent))
        {
            headers.Add(TaskHeaders.TraceParent, trace.CurrentOrNew(span));
        }
        return headers;
    }

    /// <summary>So that a flood of other headers cannot push it out. Of one that is there twice the last counts.</summary>
    private static IEnumerable<IHeader> TraceFirst(Headers? source) => source is null
        ? []
        : source.Where(header => IsTrace(header.Key)).GroupBy(header => header.Key).Select(same => same.Last()).Concat(source.Where(header => !IsTrace(header.Key)));

    private static bool IsTrace(string name) => name is TaskHeaders.TraceParent or TaskHeaders.TraceState;
}
