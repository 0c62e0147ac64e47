using System.Globalization;

namespace Consumers.Host.Cli;

/// <summary>Columns for a terminal: as wide as what they hold, two spaces between, and nothing in them that a terminal would obey.</summary>
internal static class TextTable
{
    /// <param name="longest">Of a cell, in characters; what is longer is cut.</param>
    public static void Print(TextWriter output, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string?>> rows, int longest = 60)
    {
        var cells = rows.Select(row => row.Select((cell, i) => Texts.VisibleText.Line(cell, i == row.Count - 1 ? 2 * longest : longest)).ToArray()).Prepend([.. heads]).ToArray();
        var widths = heads.Select((_, i) => cells.Max(row => row[i].Length)).ToArray();
        foreach (var row in cells)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i == row.Length - 1 ? cell : cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    /// <summary>As people say it: <c>4 m ago</c>, <c>yesterday</c>.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) => (now - time) switch
    {
        { TotalSeconds: < 1 } => "now",
        { TotalMinutes: < 1 } ago => string.Create(CultureInfo.InvariantCulture, $"{(int)ago.TotalSeconds} s ago"),
        { TotalHours: < 1 } ago => string.Create(CultureInfo.InvariantCulture, $"{(int)ago.TotalMinutes} m ago"),
        { TotalDays: < 1 } ago => string.Create(CultureInfo.InvariantCulture, $"{(int)ago.TotalHours} h ago"),
        var ago => string.Create(CultureInfo.InvariantCulture, $"{(int)ago.TotalDays} d ago"),
    };
}
