using System.Globalization;

namespace Consumers.Ledger;

/// <summary>Where a page ended: the row number of its last task, as text that nobody needs to understand.</summary>
internal static class PageCursor
{
    private const char Mark = 'r';

    public static string Write(long row) => Mark + row.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Null for what this class has not written.</summary>
    public static long? Read(string? cursor) =>
        cursor is { Length: > 1 and <= 17 } && cursor[0] == Mark
        && long.TryParse(cursor.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var row) && row > 0
            ? row
            : null;
}
