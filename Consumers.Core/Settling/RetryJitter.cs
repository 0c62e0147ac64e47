namespace Consumers.Core;

/// <summary>
/// How much of the jitter each retry of a module gets: rising, from one retry of a tier to the next. A tier's queue gives out its head only, so a retry that was due before the one ahead of it would wait for
/// that, and of many at one moment nearly all would come out with the latest. Rising, each comes out when it is due, and many at one moment are spread over the whole of the jitter.
/// </summary>
internal sealed class RetryJitter(RetrySchedule schedule, Random random)
{
    /// <summary>Each takes up to this share of the jitter that is left: a hundred at one moment fill a third of it, some hundreds all of it.</summary>
    private const double Step = 0.01;

    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, DateTimeOffset> _latest = [];

    /// <summary>In [0, 1): for a retry that is decided at this moment, the first where few are.</summary>
    /// <param name="retryCount">Retries before the attempt that just ended.</param>
    public double Next(int retryCount, DateTimeOffset now)
    {
        var tier = schedule.TierFor(retryCount);
        var width = tier * schedule.Jitter;
        if (width == TimeSpan.Zero)
        {
            return 0;
        }
        lock (_lock)
        {
            var earliest = now + tier;
            // Beyond the jitter it can only be where the clock was set back.
            var taken = (_latest.GetValueOrDefault(tier) - earliest) / width is var ahead and > 0 and <= 1 ? ahead : 0;
            var share = taken + (1 - taken) * Step * random.NextDouble();
            _latest[tier] = earliest + width * share;
            return Math.Min(share, Math.BitDecrement(1.0));
        }
    }
}
