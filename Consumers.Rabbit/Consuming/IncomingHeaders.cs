using System.Globalization;
using System.Text;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>Header values as text. Any producer can send any AMQP type, so this clamps, and never throws.</summary>
internal static class IncomingHeaders
{
    public const int MaxLength = 4096;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null when it is absent or no text: nested tables, lists, bytes that are not UTF-8.</summary>
    public static string? Text(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers is { } headers && headers.TryGetValue(name, out var value) ? Text(value) : null;

    /// <summary>A whole number; <paramref name="otherwise"/> when it is absent or none.</summary>
    public static long Number(IReadOnlyBasicProperties properties, string name, long otherwise) =>
        long.TryParse(Text(properties, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static string? Text(object? value) => value switch
    {
        byte[] bytes => Decode(bytes),
        string text => Clamp(text),
        bool flag => flag ? "true" : "false",
        AmqpTimestamp time => Time(time.UnixTime),
        sbyte or byte or short or ushort or int or uint or long or float or double or decimal => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string? Decode(byte[] bytes)
    {
        var length = Math.Min(bytes.Length, MaxLength);
        // Not through the middle of a character.
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }
        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string Clamp(string text)
    {
        if (text.Length <= MaxLength)
        {
            return text;
        }
        return text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }

    private static string? Time(long unixSeconds) =>
        unixSeconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && unixSeconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? TaskHeaders.Format(DateTimeOffset.FromUnixTimeSeconds(unixSeconds))
            : null;
}
