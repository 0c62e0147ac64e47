namespace Consumers.Host.Cli;

/// <summary>The word that was probably meant: fewest letters to change, add, drop or swap.</summary>
internal static class NearestWord
{
    public static string? To(string typed, IEnumerable<string> words)
    {
        var (best, distance) = ((string?)null, int.MaxValue);
        foreach (var word in words)
        {
            var between = Distance(typed.ToLowerInvariant(), word.ToLowerInvariant());
            if (between < distance)
            {
                (best, distance) = (word, between);
            }
        }
        return distance <= Math.Max(1, typed.Length / 3) ? best : null;
    }

    /// <summary><c> Did you mean 'x'?</c>, or nothing.</summary>
    public static string Hint(string typed, IEnumerable<string> words) => To(typed, words) is { } word ? $" Did you mean '{word}'?" : "";

    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 8 || a.Length > 64)
        {
            return int.MaxValue;
        }
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1), cost[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }
        return cost[a.Length, b.Length];
    }
}
