namespace Consumers.Host.Monitoring;

/// <summary>One reading of the fleet's counters.</summary>
/// <param name="Waiting">Ready messages in the work queues; null when a broker did not say.</param>
internal sealed record ThroughputSample(DateTimeOffset At, long Completed, long Failed, long? Waiting);

/// <summary>What the readings of the last minute say.</summary>
/// <param name="CompletedPerSecond">Over the last minute, or as long as was sampled.</param>
/// <param name="Waiting">Null when unknown.</param>
/// <param name="Drain">When the backlog will be gone.</param>
internal sealed record Throughput(double CompletedPerSecond, double FailedPerSecond, long? Waiting, DrainEstimate Drain)
{
    private static readonly TimeSpan TrendWindow = TimeSpan.FromSeconds(10);

    /// <summary>Two readings make no trend yet.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1.5);

    /// <summary>Null until there are two readings.</summary>
    public static Throughput? From(IReadOnlyList<ThroughputSample> samples)
    {
        if (samples.Count < 2)
        {
            return null;
        }
        var (first, last) = (samples[0], samples[^1]);
        var seconds = (last.At - first.At).TotalSeconds;
        if (seconds <= 0)
        {
            return null;
        }
        // A counter can go down when rows are removed: that is not negative work.
        return new Throughput(
            Math.Max(0, last.Completed - first.Completed) / seconds,
            Math.Max(0, last.Failed - first.Failed) / seconds,
            last.Waiting,
            EstimateDrain(samples, last));
    }

    private static DrainEstimate EstimateDrain(IReadOnlyList<ThroughputSample> samples, ThroughputSample last)
    {
        if (last.Waiting is not { } waiting)
        {
            return DrainEstimate.Unknown;
        }
        if (waiting == 0)
        {
            return new DrainEstimate(DrainKind.Empty, TimeSpan.Zero);
        }
        // From the highest reading of a short window: what came in a burst before it says nothing of when the rest is gone.
        var window = samples.Where(sample => last.At - sample.At <= TrendWindow && sample.Waiting is not null).ToArray();
        var peak = window.MaxBy(sample => (sample.Waiting!.Value, sample.At));
        var since = (last.At - peak!.At).TotalSeconds;
        if (since >= Shortest.TotalSeconds && peak.Waiting > waiting)
        {
            var falling = (peak.Waiting!.Value - waiting) / since;
            return new DrainEstimate(DrainKind.In, TimeSpan.FromSeconds(Math.Min(waiting / falling, 1e8)));
        }
        return last.At - window[0].At >= TrendWindow / 2 ? new DrainEstimate(DrainKind.Never, null) : DrainEstimate.Unknown;
    }
}

internal enum DrainKind
{
    Unknown,
    Empty,
    In,

    /// <summary>The backlog does not fall.</summary>
    Never,
}

internal sealed record DrainEstimate(DrainKind Kind, TimeSpan? After)
{
    public static readonly DrainEstimate Unknown = new(DrainKind.Unknown, null);
}
