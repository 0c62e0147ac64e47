using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Consumers.Core;

/// <summary>
/// What tells a dead letter from every other where the broker numbers nothing. Its parts come from outside, so the body is always among them: whoever claims the mark of another
/// message has another identity all the same, unless it is that message to the last byte.
/// </summary>
public static class DeadLetterIdentity
{
    private const string ByMark = "mark:", ByContent = "content:";

    /// <param name="occasion">What else the broker says of this one death: when, where, how often.</param>
    public static string Of(ReadOnlyMemory<byte> body, string? messageId, IReadOnlyList<KeyValuePair<string, string>> headers, string? occasion)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(body.Span));
        if (Find(headers, TaskHeaders.DeadId) is { } mark && TaskName.IsValid(mark))
        {
            return $"{ByMark}{mark}:{hash}";
        }
        // Nobody marked it: all that is known of it tells, and two that are the same in all of it are one.
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(all, hash);
        Append(all, messageId);
        Append(all, occasion);
        foreach (var (name, value) in headers.OrderBy(header => header.Key, StringComparer.Ordinal).ThenBy(header => header.Value, StringComparer.Ordinal))
        {
            Append(all, name);
            Append(all, value);
        }
        return ByContent + Convert.ToHexStringLower(all.GetHashAndReset());
    }

    internal static string? Find(IReadOnlyList<KeyValuePair<string, string>> headers, string name)
    {
        // Of a name that is there twice the last counts.
        for (var i = headers.Count - 1; i >= 0; i--)
        {
            if (string.Equals(headers[i].Key, name, StringComparison.Ordinal))
            {
                return headers[i].Value;
            }
        }
        return null;
    }

    /// <summary>With its length, so that no two lists of parts run into the same bytes.</summary>
    private static void Append(IncrementalHash hash, string? part)
    {
        var bytes = part is null ? [] : Encoding.UTF8.GetBytes(part);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
