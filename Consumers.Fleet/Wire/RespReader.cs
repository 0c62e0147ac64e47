using System.Buffers.Text;
using System.Text;

namespace Consumers.Fleet;

/// <summary>Reads answers in the protocol of Redis (RESP, version 2: https://redis.io/docs/latest/develop/reference/protocol-spec/).</summary>
internal static class RespReader
{
    /// <summary>The answers that are asked for nest three deep.</summary>
    private const int MostNested = 8;

    private const int MostItems = 10_000_000;

    /// <summary>False while the bytes do not hold a whole answer.</summary>
    /// <param name="used">How many bytes the answer took.</param>
    /// <exception cref="InvalidDataException">They are no answer of a Redis.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out int used, out RespValue value)
    {
        used = 0;
        return TryRead(bytes, ref used, 0, out value);
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, int depth, out RespValue value)
    {
        value = default;
        var rest = bytes[at..];
        var end = rest.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return false;
        }
        if (end == 0 || depth > MostNested)
        {
            throw NoAnswer();
        }
        var line = rest[1..end];
        at += end + 2;
        switch (rest[0])
        {
            case (byte)'+':
                value = new(RespKind.Text, Text: Encoding.UTF8.GetString(line));
                return true;
            case (byte)'-':
                value = new(RespKind.Error, Text: Encoding.UTF8.GetString(line));
                return true;
            case (byte)':':
                value = new(RespKind.Number, NumberOf(line));
                return true;
            case (byte)'$':
                return TryReadText(bytes, ref at, NumberOf(line), out value);
            case (byte)'*':
                return TryReadArray(bytes, ref at, NumberOf(line), depth, out value);
            default:
                throw NoAnswer();
        }
    }

    private static bool TryReadText(ReadOnlySpan<byte> bytes, ref int at, long length, out RespValue value)
    {
        value = default;
        if (length < 0)
        {
            return true;
        }
        if (bytes.Length - at < length + 2)
        {
            return false;
        }
        value = new(RespKind.Text, Text: Encoding.UTF8.GetString(bytes.Slice(at, (int)length)));
        at += (int)length + 2;
        return true;
    }

    private static bool TryReadArray(ReadOnlySpan<byte> bytes, ref int at, long count, int depth, out RespValue value)
    {
        value = default;
        if (count < 0)
        {
            return true;
        }
        // Each takes at least four bytes, so that a length which was made up makes no array.
        if (count > MostItems)
        {
            throw NoAnswer();
        }
        if ((bytes.Length - at) / 4 < count)
        {
            return false;
        }
        var items = new RespValue[count];
        for (var i = 0; i < items.Length; i++)
        {
            if (!TryRead(bytes, ref at, depth + 1, out items[i]))
            {
                return false;
            }
        }
        value = new(RespKind.Array, Items: items);
        return true;
    }

    private static long NumberOf(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line, out long number, out var used) && used == line.Length ? number : throw NoAnswer();

    private static InvalidDataException NoAnswer() => new("what answers there does not speak the protocol of Redis");
}
