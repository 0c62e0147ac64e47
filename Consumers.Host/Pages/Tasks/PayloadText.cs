using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Consumers.Host.Pages.Tasks;

/// <summary>A payload as text to look at: indented, every digit kept, and no longer than a page can bear.</summary>
internal sealed record PayloadText(string Text, int Bytes, bool IsCut)
{
    private const int LongestShown = 16 * 1024;

    public static PayloadText Of(ReadOnlyMemory<byte> payload)
    {
        var bytes = payload.Length > LongestShown ? payload[..LongestShown].ToArray() : Indent(payload);
        var isCut = payload.Length > LongestShown || bytes.Length > 4 * LongestShown;
        var text = Encoding.UTF8.GetString(bytes, 0, Math.Min(bytes.Length, 4 * LongestShown));
        return new PayloadText(Visible(text), payload.Length, isCut);
    }

    private static byte[] Indent(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            var buffer = new ArrayBufferWriter<byte>();
            // The page encodes for HTML; here letters stay letters.
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                document.WriteTo(writer);
            }
            return buffer.WrittenSpan.ToArray();
        }
        catch (JsonException)
        {
            return payload.ToArray();
        }
    }

    /// <summary>Marks that turn the direction of text around are shown as what they are.</summary>
    private static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' || (char.IsControl(c) && c is not ('\n' or '\t' or '\r'))
                ? visible.Append($"\\u{(int)c:X4}")
                : visible.Append(c);
        }
        return visible.ToString();
    }
}
