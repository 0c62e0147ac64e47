using System.Runtime.CompilerServices;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Lines of a stream of any length, with bounded memory.</summary>
internal static class LineReader
{
    /// <param name="longest">Bytes; of a longer line only so many are kept, and <see cref="Line.IsCut"/> says so.</param>
    public static async IAsyncEnumerable<Line> ReadAsync(Stream stream, int longest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chunk = new byte[64 * 1024];
        var line = new List<byte>();
        var (number, isCut, isFirst) = (1L, false, true);
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            var from = isFirst && chunk.AsSpan(0, read).StartsWith("\uFEFF"u8) ? 3 : 0;
            isFirst = false;
            while (from < read)
            {
                var end = Array.IndexOf(chunk, (byte)'\n', from, read - from);
                var part = chunk.AsMemory(from, (end < 0 ? read : end) - from);
                var room = longest - line.Count;
                isCut |= part.Length > room;
                line.AddRange(part.Span[..Math.Min(part.Length, room)]);
                if (end < 0)
                {
                    break;
                }
                yield return new Line(number, line.ToArray(), isCut);
                (number, isCut, from) = (number + 1, false, end + 1);
                line.Clear();
            }
        }
        if (line.Count > 0)
        {
            yield return new Line(number, line.ToArray(), isCut);
        }
    }
}

/// <param name="Number">From 1.</param>
internal sealed record Line(long Number, ReadOnlyMemory<byte> Bytes, bool IsCut)
{
    public bool IsBlank => Bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0;
}
