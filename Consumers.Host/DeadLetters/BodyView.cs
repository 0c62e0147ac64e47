using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Pages.Tasks;
using Consumers.Host.Texts;

namespace Consumers.Host.DeadLetters;

/// <summary>A dead letter's bytes, to look at: as JSON where they are, and in hex, with the place where they stop being what they should be.</summary>
/// <param name="Json">Indented, and cut when it is long; null when the bytes are no JSON.</param>
/// <param name="Hex">The beginning, or what is around <paramref name="FaultAt"/>.</param>
/// <param name="Fault">Why this is no task; null when it is one.</param>
/// <param name="FaultAt">The byte at which reading stopped, from 0; null when no single byte is to blame.</param>
internal sealed record BodyView(PayloadText? Json, IReadOnlyList<HexRow> Hex, string? Fault, int? FaultAt)
{
    /// <summary>The task that the bytes are; null when they are none.</summary>
    public TaskMessage? Task { get; private init; }

    public static BodyView Of(ReadOnlyMemory<byte> body)
    {
        var notJson = FindFault(body.Span, out var at);
        // An id that came with the message and not in it is no fault of the body.
        var task = TaskMessageCodec.Decode(body, "of-the-envelope", 0, out var malformed);
        return new BodyView(notJson is null ? PayloadText.Of(body) : null, HexDump.Of(body.Span, at), notJson ?? malformed?.Reason, at) { Task = task };
    }

    private static string? FindFault(ReadOnlySpan<byte> body, out int? at)
    {
        at = FirstInvalidUtf8(body);
        if (at is not null)
        {
            return "this byte is not valid UTF-8";
        }
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = TaskMessageCodec.MaxDepth });
            while (reader.Read())
            {
            }
            return null;
        }
        catch (JsonException e)
        {
            at = Math.Min(OffsetOf(body, e.LineNumber ?? 0) + (int)(e.BytePositionInLine ?? 0), Math.Max(0, body.Length - 1));
            // Without the reader's own words for where it was.
            var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            return $"not JSON: {TaskHeaders.CleanError(end < 0 ? e.Message : e.Message[..end])} (line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1})";
        }
    }

    private static int? FirstInvalidUtf8(ReadOnlySpan<byte> body)
    {
        for (var i = 0; i < body.Length;)
        {
            if (System.Text.Rune.DecodeFromUtf8(body[i..], out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return i;
            }
            i += length;
        }
        return null;
    }

    private static int OffsetOf(ReadOnlySpan<byte> body, long line)
    {
        var offset = 0;
        for (; line > 0; line--)
        {
            var end = body[offset..].IndexOf((byte)'\n');
            offset += end < 0 ? 0 : end + 1;
        }
        return offset;
    }
}
