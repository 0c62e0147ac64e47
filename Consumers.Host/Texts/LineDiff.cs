namespace Consumers.Host.Texts;

/// <summary>What was taken away and what was added, line by line: the longest common subsequence, with what is the same at both ends left out of the search.</summary>
internal static class LineDiff
{
    /// <summary>Lines of a side that are compared with each other; beyond it the whole middle counts as changed, which is still right.</summary>
    private const int MostLines = 1500;

    /// <summary>Lines shown around a change.</summary>
    private const int Context = 3;

    public static IReadOnlyList<DiffLine> Of(string before, string after)
    {
        var (old, now) = (Split(before), Split(after));
        var same = 0;
        while (same < old.Length && same < now.Length && old[same] == now[same])
        {
            same++;
        }
        var tail = 0;
        while (tail < old.Length - same && tail < now.Length - same && old[^(tail + 1)] == now[^(tail + 1)])
        {
            tail++;
        }
        List<DiffLine> lines = [.. old[..same].Select(Kept), .. Middle(old[same..^tail], now[same..^tail]), .. old[^tail..].Select(Kept)];
        return Shorten(lines);
    }

    private static string[] Split(string text) => text.ReplaceLineEndings("\n").Split('\n');

    private static DiffLine Kept(string text) => new(DiffKind.Same, text);

    private static IEnumerable<DiffLine> Middle(string[] old, string[] now)
    {
        if (old.Length > MostLines || now.Length > MostLines)
        {
            return [.. old.Select(text => new DiffLine(DiffKind.Removed, text)), .. now.Select(text => new DiffLine(DiffKind.Added, text))];
        }
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }
        var lines = new List<DiffLine>();
        var (a, b) = (0, 0);
        while (a < old.Length || b < now.Length)
        {
            if (a < old.Length && b < now.Length && old[a] == now[b])
            {
                lines.Add(Kept(now[b]));
                (a, b) = (a + 1, b + 1);
            }
            else
            {
                var isRemoved = b >= now.Length || (a < old.Length && common[a + 1, b] >= common[a, b + 1]);
                lines.Add(isRemoved ? new(DiffKind.Removed, old[a++]) : new(DiffKind.Added, now[b++]));
            }
        }
        return lines;
    }

    /// <summary>Long stretches without a change become one line that says how long they are.</summary>
    private static List<DiffLine> Shorten(List<DiffLine> lines)
    {
        var near = new bool[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            for (var j = Math.Max(0, i - Context); lines[i].Kind != DiffKind.Same && j <= Math.Min(lines.Count - 1, i + Context); j++)
            {
                near[j] = true;
            }
        }
        var shown = new List<DiffLine>();
        for (var i = 0; i < lines.Count; i++)
        {
            var from = i;
            while (i < lines.Count && !near[i])
            {
                i++;
            }
            if (i > from)
            {
                shown.Add(new(DiffKind.Skipped, i - from == 1 ? "1 line as before" : $"{i - from} lines as before"));
            }
            if (i < lines.Count)
            {
                shown.Add(lines[i]);
            }
        }
        return shown;
    }
}

internal enum DiffKind
{
    Same,
    Removed,
    Added,
    Skipped,
}

internal sealed record DiffLine(DiffKind Kind, string Text)
{
    public bool IsChange => Kind is DiffKind.Removed or DiffKind.Added;
}
