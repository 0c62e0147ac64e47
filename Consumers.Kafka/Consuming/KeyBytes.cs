using System.Text;

namespace Consumers.Kafka;

/// <summary>Record keys are bytes; equal bytes are one key.</summary>
internal sealed class KeyBytes : IEqualityComparer<byte[]>
{
    public static readonly KeyBytes Comparer = new();

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    /// <summary>The key as a task carries it; null for one that is no text, or longer than a task's key may be.</summary>
    public static string? Text(byte[]? key)
    {
        if (key is not { Length: > 0 and <= Core.TaskMessageCodec.MaxKeyLength })
        {
            return null;
        }
        try
        {
            return Strict.GetString(key);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
