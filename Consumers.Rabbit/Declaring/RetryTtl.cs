namespace Consumers.Rabbit;

/// <summary>
/// How long a retry queue holds a message. Expiry fires at the head of the queue only, so all messages of one queue must wait about equally long:
/// at least the tier, at most a fifth more.
/// </summary>
internal static class RetryTtl
{
    /// <summary>The queue's own limit: 1.2 × tier, in whole milliseconds.</summary>
    public static long OfQueue(TimeSpan tier) => ((long)Math.Ceiling(tier.TotalMilliseconds) * 6 + 4) / 5;

    /// <summary>The message's own, and never 0: the wait; of one that is longer than the queue holds a message, the tier, so that those behind it need not wait longer than theirs.</summary>
    public static long OfMessage(TimeSpan wait, TimeSpan tier)
    {
        var longest = OfQueue(tier);
        var whole = (wait.TotalMilliseconds >= longest ? tier : wait).TotalMilliseconds;
        // One more than rounded up: the broker counts whole milliseconds, and cuts off the part of the one that it is in.
        return Math.Clamp((long)Math.Ceiling(whole) + 1, 1, longest);
    }
}
