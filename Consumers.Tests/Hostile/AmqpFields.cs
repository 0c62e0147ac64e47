using System.Buffers.Binary;
using System.Text;

namespace Consumers.Tests.Hostile;

/// <summary>Writes AMQP field tables byte by byte: a client library would refuse to write most of what is hostile.</summary>
internal sealed class AmqpFields
{
    private readonly MemoryStream _bytes = new();

    /// <summary>Without the length before it.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    public AmqpFields Text(string name, string value) => Bytes(name, 'S', Encoding.UTF8.GetBytes(value));

    /// <summary>A value with a length before it: <c>S</c>, <c>x</c>, <c>F</c> or <c>A</c>.</summary>
    public AmqpFields Bytes(string name, char type, ReadOnlySpan<byte> value) => Name(name).Field(type, value);

    /// <summary>A value of fixed size.</summary>
    public AmqpFields Fixed(string name, char type, params ReadOnlySpan<byte> value)
    {
        Name(name)._bytes.WriteByte((byte)type);
        _bytes.Write(value);
        return this;
    }

    public AmqpFields Long(string name, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Fixed(name, 'l', bytes);
    }

    /// <summary>Arrays within arrays.</summary>
    public static byte[] NestedArrays(int levels)
    {
        // The innermost is void; each level around it is 'A', the length of what it holds, and that.
        var bytes = new byte[(levels * 5) + 1];
        for (var i = 0; i < levels; i++)
        {
            bytes[i * 5] = (byte)'A';
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan((i * 5) + 1), (uint)(bytes.Length - ((i + 1) * 5)));
        }
        bytes[^1] = (byte)'V';
        return bytes;
    }

    public AmqpFields Name(ReadOnlySpan<byte> name)
    {
        _bytes.WriteByte((byte)name.Length);
        _bytes.Write(name);
        return this;
    }

    public AmqpFields Name(string name) => Name(Encoding.UTF8.GetBytes(name));

    /// <summary>A field's value as it stands, with its type before it.</summary>
    public AmqpFields Raw(ReadOnlySpan<byte> field)
    {
        _bytes.Write(field);
        return this;
    }

    private AmqpFields Field(char type, ReadOnlySpan<byte> value)
    {
        _bytes.WriteByte((byte)type);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)value.Length);
        _bytes.Write(length);
        _bytes.Write(value);
        return this;
    }
}
