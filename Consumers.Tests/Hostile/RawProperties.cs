using System.Buffers.Binary;
using System.Text;

namespace Consumers.Tests.Hostile;

/// <summary>The properties of a message as bytes: nothing is checked.</summary>
internal sealed record RawProperties
{
    public byte[]? ContentType { get; init; }

    public byte[]? ContentEncoding { get; init; }

    public AmqpFields? Headers { get; init; }

    public byte DeliveryMode { get; init; } = 2;

    public byte? Priority { get; init; }

    public byte[]? CorrelationId { get; init; }

    public byte[]? ReplyTo { get; init; }

    public byte[]? Expiration { get; init; }

    public byte[]? MessageId { get; init; }

    public ulong? Timestamp { get; init; }

    public byte[]? Type { get; init; }

    public byte[]? AppId { get; init; }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Flags and values, in the order of the protocol.</summary>
    public byte[] ToArray()
    {
        var values = new MemoryStream();
        var flags = 0;
        void Short(int bit, byte[]? value)
        {
            if (value is not null)
            {
                flags |= 1 << bit;
                values.WriteByte((byte)value.Length);
                values.Write(value);
            }
        }
        void Fixed(int bit, ReadOnlySpan<byte> value)
        {
            flags |= 1 << bit;
            values.Write(value);
        }
        Short(15, ContentType);
        Short(14, ContentEncoding);
        if (Headers?.ToArray() is { } table)
        {
            Fixed(13, Number((ulong)table.Length, 4));
            values.Write(table);
        }
        Fixed(12, [DeliveryMode]);
        if (Priority is { } priority)
        {
            Fixed(11, [priority]);
        }
        Short(10, CorrelationId);
        Short(9, ReplyTo);
        Short(8, Expiration);
        Short(7, MessageId);
        if (Timestamp is { } timestamp)
        {
            Fixed(6, Number(timestamp, 8));
        }
        Short(5, Type);
        Short(3, AppId);
        return [(byte)(flags >> 8), (byte)flags, .. values.ToArray()];
    }

    private static byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[(8 - size)..];
    }
}
