namespace Consumers.Ledger;

/// <summary>How many may go now, so that on average no more than a rate go. Used by one caller at a time.</summary>
internal sealed class TokenBucket(TimeProvider time)
{
    /// <summary>What was not used for longer than this is lost: a runner that was held up does not make up for it in a burst.</summary>
    private const double Depth = 0.25;

    private double _tokens;
    private long _at = time.GetTimestamp();

    /// <param name="rate">A second.</param>
    /// <returns>Whole tokens; they stay until they are taken.</returns>
    public int Fill(double rate)
    {
        _tokens = Math.Min(_tokens + time.GetElapsedTime(_at).TotalSeconds * rate, Math.Max(1, rate * Depth));
        _at = time.GetTimestamp();
        return (int)_tokens;
    }

    public void Take(int count) => _tokens -= count;
}
