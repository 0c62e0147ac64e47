using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Consumers.Fleet;

/// <summary>Writes commands in the protocol of Redis: an array of texts.</summary>
internal static class RespWriter
{
    private const int MostDigits = 20;

    public static void WriteCommand(ArrayBufferWriter<byte> to, ReadOnlySpan<string> words)
    {
        WriteCount(to, '*', words.Length);
        WriteTexts(to, words);
    }

    /// <summary><c>EVALSHA</c> with a script's hash, or <c>EVAL</c> with its text.</summary>
    public static void WriteScript(ArrayBufferWriter<byte> to, string command, string script, ReadOnlySpan<string> keys, ReadOnlySpan<string> arguments)
    {
        WriteCount(to, '*', 3 + keys.Length + arguments.Length);
        WriteText(to, command);
        WriteText(to, script);
        Span<byte> digits = stackalloc byte[MostDigits];
        Utf8Formatter.TryFormat(keys.Length, digits, out var length);
        WriteCount(to, '$', length);
        to.Write(digits[..length]);
        to.Write("\r\n"u8);
        WriteTexts(to, keys);
        WriteTexts(to, arguments);
    }

    private static void WriteTexts(ArrayBufferWriter<byte> to, ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            WriteText(to, text);
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> to, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteCount(to, '$', length);
        Encoding.UTF8.GetBytes(text, to.GetSpan(length));
        to.Advance(length);
        to.Write("\r\n"u8);
    }

    private static void WriteCount(ArrayBufferWriter<byte> to, char kind, int count)
    {
        var span = to.GetSpan(MostDigits);
        span[0] = (byte)kind;
        Utf8Formatter.TryFormat(count, span[1..], out var length);
        "\r\n"u8.CopyTo(span[(1 + length)..]);
        to.Advance(length + 3);
    }
}
