namespace Consumers.Core;

/// <summary>How often which duration was measured, since the process started. Counting costs one atomic addition and no memory.</summary>
public sealed class DurationCounts
{
    private readonly long[] _counts = new long[DurationSpread.Buckets];

    public DurationSpread Current => new([.. _counts.Select((_, i) => Volatile.Read(ref _counts[i]))]);

    public void Add(TimeSpan duration) => Interlocked.Increment(ref _counts[DurationSpread.BucketOf(duration)]);
}
