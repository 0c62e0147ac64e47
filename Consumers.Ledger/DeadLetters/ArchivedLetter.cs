using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>A dead letter as it is written: read, cut to the cap, and copied, because its own memory is good only until its source goes on, and a write may outlive its caller.</summary>
internal sealed record ArchivedLetter(string Id, DeadLetter Letter, ReadDeadLetter Read, CauseFingerprint Cause, byte[] Body, string? Sha256, string Headers)
{
    private const int MaxIdentity = 400;

    private static readonly JsonWriterOptions Lenient = new() { SkipValidation = true };

    public long BodyBytes { get; } = Letter.Body.Length;

    public static ArchivedLetter Of(DeadLetter letter, ConsumersOptions options, DateTimeOffset now)
    {
        var read = ReadDeadLetter.Of(letter, options.MaxBodyBytes, now);
        var kept = Math.Min(letter.Body.Length, options.DeadLetters.MaxKeptBytes);
        return new ArchivedLetter(
            Guid.CreateVersion7(now).ToString(),
            letter with { Source = Cut(letter.Source), Identity = Cut(letter.Identity) },
            read,
            CauseFingerprint.Of(letter.Module, read),
            letter.Body[..kept].ToArray(),
            kept < letter.Body.Length ? Convert.ToHexStringLower(SHA256.HashData(letter.Body.Span)) : null,
            Write(letter.Headers));
    }

    /// <summary>As they were written by <see cref="Of"/>.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ReadHeaders(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(pair => new KeyValuePair<string, string>(pair[0].GetString() ?? "", pair[1].GetString() ?? ""))];
    }

    private static string Write(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Lenient))
        {
            writer.WriteStartArray();
            foreach (var (name, value) in headers)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(name);
                writer.WriteStringValue(value);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static string Cut(string text) => TaskHeaders.CleanError(text.Length <= MaxIdentity ? text : text[..MaxIdentity]);
}
