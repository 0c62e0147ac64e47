namespace Consumers.Host.Security;

/// <summary>Slows guessing down: so many wrong keys a minute, from wherever they come.</summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    public const int WrongKeysAMinute = 20;

    private readonly Lock _lock = new();
    private long? _minute;
    private int _wrong;

    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return !IsOver && _wrong >= WrongKeysAMinute;
            }
        }
    }

    public void CountWrongKey()
    {
        lock (_lock)
        {
            if (IsOver)
            {
                (_minute, _wrong) = (time.GetTimestamp(), 0);
            }
            _wrong++;
        }
    }

    private bool IsOver => _minute is not { } minute || time.GetElapsedTime(minute) >= TimeSpan.FromMinutes(1);
}
