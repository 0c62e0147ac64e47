namespace Consumers.Host.Monitoring;

internal enum DrainKind
{
    Unknown,
    Empty,
    In,

    /// <summary>The backlog does not fall.</summary>
    Never,
}

/// <param name="Waiting">Ready messages; null when the broker did not say.</param>
internal sealed record DepthSample(DateTimeOffset At, long? Waiting);

/// <summary>When a backlog will be gone, from how it fell in the last seconds.</summary>
/// <param name="FallingPerSecond">Negative while it grows; null when unknown.</param>
internal sealed record DrainEstimate(DrainKind Kind, TimeSpan? After, double? FallingPerSecond = null)
{
    public static readonly DrainEstimate Unknown = new(DrainKind.Unknown, null);

    private static readonly TimeSpan TrendWindow = TimeSpan.FromSeconds(10);

    /// <summary>Two readings make no trend yet.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1e8);

    /// <param name="samples">By time; at least one.</param>
    public static DrainEstimate From(IReadOnlyList<DepthSample> samples)
    {
        var last = samples[^1];
        if (last.Waiting is not { } waiting)
        {
            return Unknown;
        }
        // From the highest reading of a short window: what came in a burst before it says nothing of when the rest is gone.
        var window = samples.Where(sample => last.At - sample.At <= TrendWindow && sample.Waiting is not null).ToArray();
        var peak = window.MaxBy(sample => (sample.Waiting!.Value, sample.At))!;
        if (last.At - peak.At >= Shortest && peak.Waiting > waiting)
        {
            var falling = (peak.Waiting!.Value - waiting) / (last.At - peak.At).TotalSeconds;
            return waiting == 0 ? new(DrainKind.Empty, TimeSpan.Zero, falling) : new(DrainKind.In, At(waiting, falling), falling);
        }
        var seen = last.At - window[0].At;
        double? growing = seen >= Shortest ? (waiting - window[0].Waiting!.Value) / seen.TotalSeconds : null;
        return waiting == 0 ? new(DrainKind.Empty, TimeSpan.Zero, -growing)
            : seen >= TrendWindow / 2 ? new(DrainKind.Never, null, -growing)
            : Unknown;
    }

    public static TimeSpan At(long waiting, double fallingPerSecond) =>
        waiting / fallingPerSecond < Longest.TotalSeconds ? TimeSpan.FromSeconds(waiting / fallingPerSecond) : Longest;
}
