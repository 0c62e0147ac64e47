using System.Globalization;

namespace Consumers.Core;

/// <summary>
/// The tiers of the retry queues and which of them a wait goes to. A table, because <c>base·2^n</c> computed with a large or tampered <c>n</c>
/// overflows to zero and becomes a hot loop.
/// </summary>
public sealed class RetrySchedule
{
    private readonly TimeSpan[] _tiers;

    public RetrySchedule(RetryOptions options)
    {
        var tiers = new List<TimeSpan>();
        for (var tier = options.Base; tier < options.Cap; tier *= 2)
        {
            tiers.Add(tier);
        }
        tiers.Add(options.Cap);
        _tiers = [.. tiers];
        Jitter = options.Jitter;
        MaxDelay = options.MaxDelay;
    }

    /// <summary>Ascending; by default 1, 2, 4, 8, 16, 32, 60 s.</summary>
    public IReadOnlyList<TimeSpan> Tiers => _tiers;

    public TimeSpan MaxDelay { get; }

    /// <summary>The most that is added to a tier, as a share of it: 0 to 0.2.</summary>
    public double Jitter { get; }

    /// <summary>The backoff after this many retries: <c>min(cap, base·2^retryCount)</c>, saturating.</summary>
    public TimeSpan TierFor(int retryCount) => _tiers[Math.Clamp(retryCount, 0, _tiers.Length - 1)];

    /// <summary>The tier of <see cref="TierFor"/> plus jitter; or, when the failure named a wait, that wait, which is never shortened.</summary>
    /// <param name="jitter">In [0, 1): how much of the jitter is added.</param>
    public TimeSpan DelayFor(int retryCount, TimeSpan? asked, double jitter)
    {
        if (asked is { } wait)
        {
            wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > MaxDelay ? MaxDelay : wait;
            return wait + TierWithin(wait) * (Jitter * jitter);
        }
        var tier = TierFor(retryCount);
        return tier + tier * (Jitter * jitter);
    }

    /// <summary>
    /// The queue to wait in: the longest tier that is not longer than the wait (behind those of a longer one it would come out late), else the shortest.
    /// A wait beyond the longest tier comes out early, and is parked again until it is due.
    /// A tenth is let pass: of a wait that began as a whole tier, some is over when its message is published.
    /// </summary>
    public TimeSpan TierWithin(TimeSpan wait)
    {
        for (var i = _tiers.Length - 1; i > 0; i--)
        {
            if (_tiers[i] * 0.9 <= wait)
            {
                return _tiers[i];
            }
        }
        return _tiers[0];
    }

    /// <summary>What is left of a wait after the queue that <see cref="TierWithin"/> chose for it, which holds a message for its tier and up to a fifth more.</summary>
    public TimeSpan LeftAfterOneTier(TimeSpan wait)
    {
        var tier = TierWithin(wait);
        return wait <= tier * 1.2 ? TimeSpan.Zero : wait - tier;
    }

    /// <summary><c>1s</c>, <c>60s</c>; <c>50ms</c> for tiers that are no whole seconds. The end of a retry queue's name.</summary>
    public static string NameOf(TimeSpan tier) => tier.Ticks % TimeSpan.TicksPerSecond == 0
        ? tier.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + "s"
        : tier.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + "ms";
}
