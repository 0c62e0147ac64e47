using System.Globalization;
using System.Text;

namespace Consumers.Core;

/// <summary>
/// Durations by size, in steps of a quarter of a doubling from 0.1 ms to a day: a percentile is off by a tenth of itself at most, however many durations there are,
/// and the spreads of several instances add up to the fleet's.
/// </summary>
public sealed class DurationSpread(IReadOnlyList<long> counts)
{
    internal const int Buckets = 120;

    private const double Shortest = 0.1;
    private const int StepsPerDoubling = 4;

    public static readonly DurationSpread None = new(new long[Buckets]);

    public long Count { get; } = counts.Sum();

    /// <summary>The duration that so large a share of all did not exceed; null when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan? Percentile(double share)
    {
        var rank = (long)Math.Ceiling(Count * share);
        for (var i = 0; i < Buckets; i++)
        {
            rank -= counts[i];
            if (rank <= 0 && counts[i] > 0)
            {
                // The middle of the step.
                return TimeSpan.FromMilliseconds(Shortest * Math.Pow(2, (i - 0.5) / StepsPerDoubling));
            }
        }
        return null;
    }

    public DurationSpread Plus(DurationSpread other) => With(other, static (own, their) => own + their);

    /// <summary>What was added since <paramref name="earlier"/>.</summary>
    public DurationSpread Since(DurationSpread earlier) => With(earlier, static (own, their) => Math.Max(0, own - their));

    /// <summary>As text: the steps that have any, as <c>step:count</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Buckets; i++)
        {
            if (counts[i] > 0)
            {
                text.Append(text.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"{i}:{counts[i]}");
            }
        }
        return text.ToString();
    }

    /// <summary>What <see cref="ToString"/> wrote; parts that are nothing of the kind are left out.</summary>
    public static DurationSpread Parse(string text)
    {
        if (text.Length == 0)
        {
            return None;
        }
        var counts = new long[Buckets];
        foreach (var part in text.AsSpan().Split(' '))
        {
            var pair = text.AsSpan()[part];
            var colon = pair.IndexOf(':');
            if (colon > 0
                && int.TryParse(pair[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var step) && step < Buckets
                && long.TryParse(pair[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                counts[step] = count;
            }
        }
        return new DurationSpread(counts);
    }

    internal static int BucketOf(TimeSpan duration) => duration.TotalMilliseconds <= Shortest
        ? 0
        : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log2(duration.TotalMilliseconds / Shortest) * StepsPerDoubling));

    private DurationSpread With(DurationSpread other, Func<long, long, long> combine)
    {
        var combined = new long[Buckets];
        for (var i = 0; i < Buckets; i++)
        {
            combined[i] = combine(counts[i], other.CountAt(i));
        }
        return new DurationSpread(combined);
    }

    private long CountAt(int step) => counts[step];
}
