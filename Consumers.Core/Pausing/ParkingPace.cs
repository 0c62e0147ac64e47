namespace Consumers.Core;

/// <summary>
/// How long the deliveries of paused types wait in a retry queue before they are looked at again. Few of them are looked at often, so that a resume is felt soon;
/// the more there are, the less often, so that a pause of many costs the broker no more than <see cref="PerSecond"/> messages a second from each instance.
/// </summary>
internal sealed class ParkingPace(RetrySchedule schedule, TimeProvider time)
{
    public const int PerSecond = 200;

    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private TimeSpan _round;
    private long _since;
    private int _parked;

    /// <summary>From now. A tier, plus up to a fifth of it.</summary>
    /// <param name="random">In [0, 1): spreads them out.</param>
    public TimeSpan Next(double random)
    {
        lock (_lock)
        {
            // Once a round each that waits comes by: then it is known how many they are.
            var round = TierFor(_parked);
            var elapsed = time.GetElapsedTime(_since);
            if (elapsed >= 2 * _round)
            {
                // None came by: what is known is of an earlier pause.
                round = TierFor(0);
            }
            if (elapsed >= _round)
            {
                (_round, _since, _parked) = (round, time.GetTimestamp(), 0);
            }
            else if (round > _round)
            {
                _round = round;
            }
            _parked++;
            return _round + _round * (0.2 * random);
        }
    }

    private TimeSpan TierFor(int waiting)
    {
        var wanted = TimeSpan.FromSeconds(Math.Max(Shortest.TotalSeconds, waiting / (double)PerSecond));
        return schedule.Tiers.FirstOrDefault(tier => tier >= wanted, schedule.Tiers[^1]);
    }
}
