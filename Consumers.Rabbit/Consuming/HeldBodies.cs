namespace Consumers.Rabbit;

/// <summary>
/// The bytes that a lane holds. AMQP's prefetch counts messages, RabbitMQ has no prefetch in bytes, and so a few dozen messages of many MiB would fill the memory:
/// while such ones come, the prefetch is what fits into the limit.
/// </summary>
internal sealed class HeldBodies(long limit, TimeProvider time)
{
    /// <summary>How long after the last large body the prefetch stays down. Every change is a new subscription, whose prefetch adds to what the old one still holds.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(3);

    private long _bytes;
    private long _largest;
    private long _seenAt;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(int length)
    {
        var held = Interlocked.Add(ref _bytes, length);
        // Once it is down, any large body keeps it down: with fewer of them held at once, the sum no longer tells.
        if (length > limit / 64 && (held > limit / 2 || Interlocked.Read(ref _largest) > 0))
        {
            Pass(length);
        }
    }

    /// <summary>A body that is taken one at a time: the sum never tells how many like it wait in the client's memory behind it, so that one is reason enough.</summary>
    public void Pass(int length)
    {
        if (length > Interlocked.Read(ref _largest))
        {
            Interlocked.Exchange(ref _largest, length);
        }
        Interlocked.Exchange(ref _seenAt, time.GetTimestamp());
    }

    public void Remove(int length) => Interlocked.Add(ref _bytes, -length);

    /// <summary>The prefetch that is wanted, or less while large bodies come.</summary>
    public int Fit(int wanted)
    {
        var largest = Interlocked.Read(ref _largest);
        if (largest == 0)
        {
            return wanted;
        }
        if (time.GetElapsedTime(Interlocked.Read(ref _seenAt)) > Memory)
        {
            Interlocked.Exchange(ref _largest, 0);
            return wanted;
        }
        return (int)Math.Clamp(limit / 2 / largest, 1, wanted);
    }
}
