namespace Consumers.Core;

/// <summary>Due times that hold although somebody sets the clock.</summary>
internal sealed class DueClock(RetrySchedule schedule, TimeProvider time)
{
    /// <summary>Two clocks that are read one after the other differ a little; this much is a clock that was set.</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(500);

    /// <summary>The due time of a delivery that came early, else null; a header may ask for the longest delay at most.</summary>
    public DateTimeOffset? EarlyDue(Delivery delivery)
    {
        if (TaskHeaders.ReadTime(delivery.Header(TaskHeaders.DueAt)) is not { } due)
        {
            return null;
        }
        var (now, wait) = (time.GetUtcNow(), TaskHeaders.ReadInt(delivery.Header(TaskHeaders.WaitMs), 0, int.MaxValue, int.MaxValue));
        var left = due - now;
        if (left > TimeSpan.FromMilliseconds(wait))
        {
            // The clock was put back since, and does not say how long it waited: the broker does, which held it for one tier.
            left = schedule.LeftAfterOneTier(TimeSpan.FromMilliseconds(wait));
        }
        return left <= TimeSpan.Zero ? null : now + (left < schedule.MaxDelay ? left : schedule.MaxDelay);
    }

    /// <summary>The clock may have been set while the outcome was written: a wait that is read off it now would be over at once, or last for hours.</summary>
    /// <param name="decidedAt">The wall clock when the settlement was decided.</param>
    /// <param name="decided">The timestamp of the same moment.</param>
    public Settlement ByTheClockOfNow(Settlement settlement, DateTimeOffset decidedAt, long decided)
    {
        var set = time.GetUtcNow() - decidedAt - time.GetElapsedTime(decided);
        return settlement is Settlement.Retry retry && set.Duration() > ClockStep ? retry with { DueAt = retry.DueAt + set } : settlement;
    }
}
