using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Host.Texts;

/// <summary>JSON as text for people: indented, every digit kept, letters left as letters. Whoever shows it encodes it for where it is shown.</summary>
internal static class JsonText
{
    /// <summary>As it is when it is no JSON, or holds a string that is no text.</summary>
    public static string Indented(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = TaskMessageCodec.MaxDepth });
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                document.WriteTo(writer);
            }
            return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }
        // Half of a surrogate pair, escaped, is JSON, and yet no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Encoding.UTF8.GetString(json.Span);
        }
    }
}
