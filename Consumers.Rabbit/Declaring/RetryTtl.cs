namespace Consumers.Rabbit;

/// <summary>
/// How long a retry queue holds a message. Expiry fires at the head of the queue only, so all messages of one queue must wait about equally long:
/// at least the tier, at most a fifth more.
/// </summary>
internal static class RetryTtl
{
    /// <summary>The queue's own limit: 1.2 × tier, in whole milliseconds.</summary>
    public static long OfQueue(TimeSpan tier) => ((long)Math.Ceiling(tier.TotalMilliseconds) * 6 + 4) / 5;

    /// <summary>The message's own: the wait, but never longer than the queue's and never 0.</summary>
    public static long OfMessage(TimeSpan wait, TimeSpan tier)
    {
        var longest = OfQueue(tier);
        // One more than rounded up: the broker counts whole milliseconds, and cuts off the part of the one that it is in.
        return wait.TotalMilliseconds >= longest ? longest : Math.Clamp((long)Math.Ceiling(wait.TotalMilliseconds) + 1, 1, longest);
    }
}
