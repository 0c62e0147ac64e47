using System.Text;

namespace Consumers.Core;

/// <summary>Header values that came as bytes. They come from outside, so this clamps, and never throws.</summary>
public static class HeaderText
{
    /// <summary>In bytes; what is longer is cut.</summary>
    public const int MaxLength = 4096;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null when it is not UTF-8.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, MaxLength);
        // Not through the middle of a character.
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }
        try
        {
            return Strict.GetString(bytes[..length]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
