namespace Consumers.Rabbit;

/// <summary>
/// How many lanes an instance opens when each of them runs one task at a time. It follows the depth of the queue and nothing else, because that is the one number which all instances
/// see alike: they open and close together, so that each has the same share of the consumers among which the broker deals in turn. A rule that looked at an instance's own load would
/// let one that began earlier keep more lanes than its neighbour, and with them more of the work.
/// </summary>
internal sealed class LaneCount
{
    /// <summary>How long no message may be seen waiting before a lane is closed.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    /// <summary>How often the depth is worth asking for.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(400);

    private readonly int _min;
    private readonly int _max;
    private readonly TimeProvider _time;
    private long _calmSince;
    private long _lookedAt;
    private int _value;

    public LaneCount(int min, int max, TimeProvider time)
    {
        (_min, _max, _time, _value) = (min, max, time, min);
        _calmSince = time.GetTimestamp();
    }

    public int Value => Volatile.Read(ref _value);

    /// <summary>False where the bounds leave nothing to decide, or when it was asked a moment ago.</summary>
    public bool WantsToLook => _min < _max && (_lookedAt == 0 || _time.GetElapsedTime(_lookedAt) >= LookInterval);

    /// <param name="ready">Messages that wait in the queue; null when the broker did not say, which changes nothing.</param>
    public void Observe(long? ready)
    {
        _lookedAt = _time.GetTimestamp();
        if (ready is null)
        {
            _calmSince = _lookedAt;
        }
        else if (ready > 0)
        {
            _value = (int)Math.Min(_value + ready.Value, _max);
            _calmSince = _lookedAt;
        }
        else if (_value > _min && _time.GetElapsedTime(_calmSince) >= Calm)
        {
            _value--;
            _calmSince = _lookedAt;
        }
    }
}
