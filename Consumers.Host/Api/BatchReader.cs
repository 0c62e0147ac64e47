using System.Text.Json;
using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>Cuts a batch into its tasks: the elements of a JSON array, or the lines of NDJSON.</summary>
internal static class BatchReader
{
    /// <summary>Tasks in one batch.</summary>
    public const int MaxTasks = 10_000;

    /// <exception cref="JsonException">The whole is no JSON array.</exception>
    public static List<ReadOnlyMemory<byte>> CutArray(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = TaskMessageCodec.MaxDepth + 1 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("the body is not a JSON array of tasks");
        }
        var tasks = new List<ReadOnlyMemory<byte>>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            tasks.Add(body[start..(int)reader.BytesConsumed]);
            if (tasks.Count > MaxTasks)
            {
                return tasks;
            }
        }
        // What follows the array would otherwise be passed over in silence.
        reader.Read();
        return tasks;
    }

    /// <summary>Empty lines count for nothing.</summary>
    public static List<ReadOnlyMemory<byte>> CutLines(ReadOnlyMemory<byte> body)
    {
        var tasks = new List<ReadOnlyMemory<byte>>();
        while (body.Length > 0 && tasks.Count <= MaxTasks)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) >= 0)
            {
                tasks.Add(line);
            }
        }
        return tasks;
    }
}
