using System.Text;

namespace Consumers.Host.Texts;

/// <summary>
/// One line of CSV (RFC 4180) that a spreadsheet shows as text and nothing else: a cell that it would take for a formula gets an apostrophe before it,
/// also behind a semicolon, which some take for the separator.
/// </summary>
internal static class CsvLine
{
    /// <summary>Every cell is quoted; what is invisible, line breaks included, is escaped, so that one line is one record.</summary>
    public static string Of(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Quote)) + "\r\n";

    private static string Quote(string? cell)
    {
        var text = VisibleText.Line(cell);
        var quoted = new StringBuilder(text.Length + 4).Append('"');
        var begins = true;
        foreach (var c in text)
        {
            // The characters that OWASP names, and their full-width forms.
            if (begins && c is ('=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠'))
            {
                quoted.Append('\'');
            }
            begins = c == ';' || (begins && (char.IsWhiteSpace(c) || c is '"' or '\''));
            quoted.Append(c == '"' ? "\"\"" : c);
        }
        return quoted.Append('"').ToString();
    }
}
