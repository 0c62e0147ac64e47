using System.Text;

namespace Consumers.Host.Texts;

/// <summary>Text from outside, for people to look at: what would be invisible, move the cursor or turn the direction of text is shown as its escape.</summary>
internal static class VisibleText
{
    /// <summary>On one line: line breaks and tabs are escaped too.</summary>
    /// <param name="longest">In characters; what is longer is cut, and ends in an ellipsis.</param>
    public static string Line(string? text, int longest = int.MaxValue) => Escape(text ?? "", keepLines: false, longest);

    /// <summary>Line breaks and tabs stay.</summary>
    public static string Lines(string? text) => Escape(text ?? "", keepLines: true, int.MaxValue);

    /// <summary>True for a character that must not reach a terminal or a page as it is; halves of a pair are judged by <see cref="Line"/>.</summary>
    public static bool IsUnfit(char c) =>
        char.IsControl(c) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C'
            or '\u2028' or '\u2029' or '\u200B' or (>= '\u2060' and <= '\u2064') or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFB');

    private static string Escape(string text, bool keepLines, int longest)
    {
        var clean = new StringBuilder(Math.Min(text.Length, longest) + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var isPair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (clean.Length + (isPair ? 2 : 1) > longest)
            {
                return clean.Append('…').ToString();
            }
            if (isPair)
            {
                clean.Append(c).Append(text[++i]);
            }
            else if (char.IsSurrogate(c) || (IsUnfit(c) && !(keepLines && c is ('\n' or '\r' or '\t'))))
            {
                clean.Append($"\\u{(int)c:X4}");
            }
            else
            {
                clean.Append(c);
            }
        }
        return clean.ToString();
    }
}
