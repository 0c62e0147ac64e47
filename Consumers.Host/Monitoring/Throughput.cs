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
            DrainEstimate.From([.. samples.Select(sample => new DepthSample(sample.At, sample.Waiting))]));
    }
}
