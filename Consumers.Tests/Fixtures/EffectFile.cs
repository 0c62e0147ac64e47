using Consumers.Core;

namespace Consumers.Tests.Fixtures;

/// <summary>What the handler <c>probe</c> of one process did, also while it still writes.</summary>
public static class EffectFile
{
    public static IReadOnlyList<HistoryLine> Read(string path)
    {
        var found = new List<HistoryLine>();
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (HistoryLine.Parse(line) is { Event: HistoryEvents.Effect } effect)
            {
                found.Add(effect);
            }
        }
        return found;
    }
}
