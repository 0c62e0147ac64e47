namespace Consumers.Host.Security;

/// <summary>Slows guessing down: so many wrong keys a minute, from wherever they come.</summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    public const int WrongKeysAMinute = 20;

    private readonly Lock _lock = new();
    private DateTimeOffset _minute;
    private int _wrong;

    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return time.GetUtcNow() - _minute < TimeSpan.FromMinutes(1) && _wrong >= WrongKeysAMinute;
            }
        }
    }

    public void CountWrongKey()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _minute >= TimeSpan.FromMinutes(1))
            {
                (_minute, _wrong) = (now, 0);
            }
            _wrong++;
        }
    }
}
