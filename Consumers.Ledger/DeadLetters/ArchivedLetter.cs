using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>A dead letter as it is written: read, cut to the cap, and copied, because its own memory is good only until its source goes on, and a write may outlive its caller.</summary>
internal sealed record ArchivedLetter(string Id, DeadLetter Letter, ReadDeadLetter Read, CauseFingerprint Cause, byte[] Buffer, int Kept, string? Sha256, string Headers)
{
    private const int MaxIdentity = 400;

    /// <summary>Arrays of many MiB, one for each, would be garbage faster than it is collected.</summary>
    private const int PooledFrom = 1024 * 1024;

    private static readonly JsonWriterOptions Lenient = new() { SkipValidation = true };

    public long BodyBytes { get; } = Letter.Body.Length;

    public ReadOnlySpan<byte> Body => Buffer.AsSpan(0, Kept);

    public static ArchivedLetter Of(DeadLetter letter, ConsumersOptions options, DateTimeOffset now)
    {
        var read = ReadDeadLetter.Of(letter, options.MaxBodyBytes, now);
        var kept = Math.Min(letter.Body.Length, options.DeadLetters.MaxKeptBytes);
        var buffer = kept < PooledFrom ? new byte[kept] : ArrayPool<byte>.Shared.Rent(kept);
        letter.Body.Span[..kept].CopyTo(buffer);
        return new ArchivedLetter(
            Guid.CreateVersion7(now).ToString(),
            letter with { Source = Cut(letter.Source), Identity = Cut(letter.Identity) },
            read,
            CauseFingerprint.Of(letter.Module, read),
            buffer,
            kept,
            kept < letter.Body.Length ? Convert.ToHexStringLower(SHA256.HashData(letter.Body.Span)) : null,
            Write(letter.Headers));
    }

    /// <summary>It is written. One whose caller gave up is not released: the writer may be at it.</summary>
    public void Release()
    {
        if (Kept >= PooledFrom)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
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
