using Consumers.Host.Pages;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>What comes into a work queue, what leaves it, and what one more instance would change; all measured over the last seconds.</summary>
/// <param name="Arriving">Messages a second: new tasks, and retries that came back. Null when not known yet.</param>
/// <param name="Serving">Attempts that ended, a second; null when not known yet.</param>
/// <param name="OneMore">For people.</param>
internal sealed record QueueFlow(double? Arriving, double? Serving, DrainEstimate Drain, string OneMore)
{
    /// <param name="depths">By time; may be empty.</param>
    /// <param name="loads">All that run the module.</param>
    public static QueueFlow Of(IReadOnlyList<DepthSample> depths, IReadOnlyList<InstanceLoad> loads)
    {
        var drain = depths.Count == 0 ? DrainEstimate.Unknown : DrainEstimate.From(depths);
        var rates = loads.Where(load => load.IsMember).Select(load => load.Module?.LatelyPerSecond).ToArray();
        // A queue does not fall faster than it is served; the reports of that come some seconds later.
        double? serving = rates.Length == 0 || rates.All(rate => rate is null) ? null : Math.Max(rates.Sum(rate => rate ?? 0), drain.FallingPerSecond ?? 0);
        double? arriving = serving is null || drain.FallingPerSecond is null ? null : Math.Max(0, serving.Value - drain.FallingPerSecond.Value);
        var running = loads.Count(load => load is { IsRunning: true, Module.LatelyPerSecond: > 0 });
        return new QueueFlow(arriving, serving, drain, ForecastOf(drain, depths.Count == 0 ? null : depths[^1].Waiting, serving / running));
    }

    /// <param name="each">What one of the instances that work does, a second.</param>
    private static string ForecastOf(DrainEstimate drain, long? waiting, double? each)
    {
        if (drain.Kind == DrainKind.Empty)
        {
            return "Nothing waits, so one more instance would change nothing.";
        }
        if (waiting is not { } tasks || drain.FallingPerSecond is not { } falling || each is not { } more || !double.IsFinite(more) || more <= 0)
        {
            return "What one more instance would do is not known yet.";
        }
        if (drain is { Kind: DrainKind.In, After: { } now })
        {
            return $"One more instance as fast as these would bring it from {Words.Duration(now)} to about {Words.Duration(DrainEstimate.At(tasks, falling + more))}.";
        }
        // It does not fall: so many instances until it does.
        var needed = (long)Math.Floor(Math.Max(0, -falling) / more) + 1;
        var after = Words.Duration(DrainEstimate.At(tasks, falling + (needed * more)));
        return needed == 1
            ? $"One more instance as fast as these would be enough: it would be gone in about {after}."
            : $"One more instance would not be enough: it takes {needed} more as fast as these, and then about {after}.";
    }
}
