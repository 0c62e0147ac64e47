namespace Consumers.Rabbit;

/// <summary>
/// Connections that break soon after they subscribed, one after another. A message with a header that the client cannot read closes every connection it is delivered on, and each time
/// the broker counts a delivery of all that was under way beside it, until it dead-letters the innocent with the guilty. So after two such in a row one message is taken at a time:
/// then only the guilty one is counted up to the limit, and what was counted beside it is published anew.
/// </summary>
internal sealed class ShortLives(TimeProvider time)
{
    /// <summary>A connection that lasts longer was not broken by its first deliveries.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    private const int Suspicious = 2;

    private int _inARow;
    private long _began;

    public void Begin() => _began = time.GetTimestamp();

    /// <summary>The connection broke.</summary>
    public void End() => _inARow = IsYoung ? _inARow + 1 : 0;

    public bool IsCautious => _inARow >= Suspicious && IsYoung;

    /// <summary>The prefetch that is wanted, or one message.</summary>
    public int Fit(int wanted) => IsCautious ? 1 : wanted;

    private bool IsYoung => time.GetElapsedTime(_began) < Short;
}
