namespace Consumers.Core;

/// <summary>
/// The wall clock as it was when this was made, moved on by the monotonic clock: for waits that must not end early or late because somebody set the clock.
/// Not for times that people or other processes read.
/// </summary>
public sealed class SteadyTime(TimeProvider time) : TimeProvider
{
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _timestamp = time.GetTimestamp();

    /// <summary>How far the wall clock was set since: what to add to a steady time before it is shown or written.</summary>
    public TimeSpan Shift => time.GetUtcNow() - GetUtcNow();

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _began + time.GetElapsedTime(_timestamp);

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
