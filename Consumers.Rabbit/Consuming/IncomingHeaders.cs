using System.Globalization;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>Header values as text. Any producer can send any AMQP type, so this clamps, and never throws.</summary>
internal static class IncomingHeaders
{
    /// <summary>Null when it is absent or no text: nested tables, lists, bytes that are not UTF-8.</summary>
    public static string? Text(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers is { } headers && headers.TryGetValue(name, out var value) ? Text(value) : null;

    /// <summary>A whole number; <paramref name="otherwise"/> when it is absent or none.</summary>
    public static long Number(IReadOnlyBasicProperties properties, string name, long otherwise) =>
        long.TryParse(Text(properties, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>True for what the broker adds on its way, and not the sender.</summary>
    public static bool IsOfTheBroker(string name) =>
        name is "CC" or "BCC" or "x-delivery-count" or "x-acquired-count" or "x-dotnet-pub-seq-no"
        || name.StartsWith("x-death", StringComparison.Ordinal)
        || name.StartsWith("x-first-death-", StringComparison.Ordinal)
        || name.StartsWith("x-last-death-", StringComparison.Ordinal);

    internal static string? Text(object? value) => value switch
    {
        byte[] bytes => HeaderText.Decode(bytes),
        string text => Clamp(text),
        bool flag => flag ? "true" : "false",
        AmqpTimestamp time => Time(time.UnixTime),
        sbyte or byte or short or ushort or int or uint or long or float or double or decimal => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Clamp(string text)
    {
        if (text.Length <= HeaderText.MaxLength)
        {
            return text;
        }
        return text[..(char.IsHighSurrogate(text[HeaderText.MaxLength - 1]) ? HeaderText.MaxLength - 1 : HeaderText.MaxLength)];
    }

    private static string? Time(long unixSeconds) =>
        unixSeconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && unixSeconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? TaskHeaders.Format(DateTimeOffset.FromUnixTimeSeconds(unixSeconds))
            : null;
}
