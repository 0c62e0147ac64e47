using System.Globalization;
using System.Text;

namespace Consumers.Host.Texts;

/// <summary>Bytes as people read them: sixteen a row, with their offset and what of them is ASCII.</summary>
internal static class HexDump
{
    public const int RowLength = 16;

    /// <param name="marked">The byte that is wrong, which its row says; null when none is.</param>
    /// <param name="longest">Bytes shown: from the beginning, or around <paramref name="marked"/> when that lies behind them.</param>
    public static IReadOnlyList<HexRow> Of(ReadOnlySpan<byte> bytes, int? marked = null, int longest = 4096)
    {
        var from = marked is { } at && at >= longest ? Math.Max(0, (at - (longest / 2)) / RowLength * RowLength) : 0;
        var rows = new List<HexRow>();
        for (var offset = from; offset < Math.Min(bytes.Length, from + longest); offset += RowLength)
        {
            rows.Add(Row(bytes.Slice(offset, Math.Min(RowLength, bytes.Length - offset)), offset, marked));
        }
        return rows;
    }

    private static HexRow Row(ReadOnlySpan<byte> bytes, int offset, int? marked)
    {
        var (hex, text) = (new StringBuilder(3 * RowLength), new StringBuilder(RowLength));
        for (var i = 0; i < RowLength; i++)
        {
            hex.Append(i == 0 ? "" : i == RowLength / 2 ? "  " : " ");
            hex.Append(i < bytes.Length ? bytes[i].ToString("x2", CultureInfo.InvariantCulture) : "  ");
            text.Append(i >= bytes.Length ? "" : bytes[i] is >= 0x20 and < 0x7F ? ((char)bytes[i]).ToString() : ".");
        }
        return new HexRow(offset.ToString("x8", CultureInfo.InvariantCulture), hex.ToString(), text.ToString(), marked >= offset && marked < offset + RowLength);
    }
}

/// <param name="IsMarked">Holds the byte that is wrong.</param>
internal sealed record HexRow(string Offset, string Hex, string Text, bool IsMarked)
{
    public override string ToString() => $"{Offset}  {Hex}  |{Text}|";
}
