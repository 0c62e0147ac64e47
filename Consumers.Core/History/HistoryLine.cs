using System.Globalization;

namespace Consumers.Core;

/// <summary>One line of a history: <c>t_us run instance event id series attempt epoch extra</c>, parted by spaces; what is unknown is <c>-</c> or 0.</summary>
/// <param name="TimeUs">Microseconds since 1970, by the clock of the machine.</param>
/// <param name="Run">New for every process.</param>
/// <param name="Extra"><c>name=value</c> pairs, parted by spaces.</param>
public sealed record HistoryLine(long TimeUs, string Run, string Instance, string Event, string Id, int Series, int Attempt, long Epoch, string Extra)
{
    public const string Unknown = "-";

    public AttemptKey Key => new(Id, Series, Attempt);

    /// <summary>The value of a pair of <see cref="Extra"/>, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var range in Extra.AsSpan().Split(' '))
            {
                var pair = Extra.AsSpan(range);
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                {
                    return pair[(name.Length + 1)..].ToString();
                }
            }
            return null;
        }
    }

    /// <summary>The value as a number; 0 when there is none.</summary>
    public long Number(string name) => long.TryParse(this[name], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{TimeUs} {Run} {Instance} {Event} {Id} {Series} {Attempt} {Epoch} {Extra}");

    /// <summary>Null for a line that a kill cut short: at most the last of a file.</summary>
    public static HistoryLine? Parse(string line)
    {
        var parts = line.Split(' ', 9);
        return parts.Length == 9
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && int.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var series)
            && int.TryParse(parts[6], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && long.TryParse(parts[7], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? new HistoryLine(time, parts[1], parts[2], parts[3], parts[4], series, attempt, epoch, parts[8])
            : null;
    }
}
