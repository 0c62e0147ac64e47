namespace Consumers.Rabbit;

/// <summary>
/// How long a confirm may take, by what is on its way. A body of 70 MiB takes a minute through 10 Mbit/s; given up after 10 s it would be sent again, for ever,
/// and every other message with it, because a missing confirm costs the connection.
/// </summary>
internal sealed class ConfirmAllowance(TimeSpan timeout, TimeProvider time)
{
    /// <summary>The slowest way to a broker that is still worth waiting for.</summary>
    public const long BytesPerSecond = 1024 * 1024;

    private TimeSpan _extra;
    private long _grantedAt;

    /// <param name="openBytes">Of the bodies that are sent and not confirmed.</param>
    public TimeSpan For(long openBytes)
    {
        var needed = TimeSpan.FromSeconds((double)openBytes / BytesPerSecond);
        // It is not taken back at once: what was sent behind a large body arrives only after it.
        if (needed >= _extra || time.GetElapsedTime(_grantedAt) > timeout)
        {
            (_extra, _grantedAt) = (needed, time.GetTimestamp());
        }
        return timeout + _extra;
    }
}
