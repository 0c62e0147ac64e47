namespace Consumers.Kafka;

/// <summary>
/// What of one partition is settled, for one assignment of it to this process. Records finish in any order, and the offset that may be committed is the
/// lowest that has not: committing further would lose it in a crash. It only rises, and stands still once the assignment has ended.
/// </summary>
/// <param name="epoch">Rises with every assignment in this process; a completion that names another is not about this one.</param>
internal sealed class PartitionProgress(long epoch)
{
    private readonly Lock _lock = new();
    private readonly Queue<long> _begun = new();
    private readonly HashSet<long> _unsettled = [];
    private long _committable = -1;
    private long _last = -1;
    private bool _hasEnded;

    public long Epoch => epoch;

    /// <summary>The offset to commit: everything below is settled. Null before the first record.</summary>
    public long? Committable
    {
        get
        {
            lock (_lock)
            {
                return _committable < 0 ? null : _committable;
            }
        }
    }

    /// <summary>The offset after the last begun record; null before the first.</summary>
    public long? Next
    {
        get
        {
            lock (_lock)
            {
                return _last < 0 ? null : _last + 1;
            }
        }
    }

    /// <summary>Records begun and not settled.</summary>
    public int InFlight => Load.InFlight;

    /// <summary>From the first unsettled record to the last begun one; 0 when all are settled.</summary>
    public long Spread => Load.Spread;

    /// <summary><see cref="InFlight"/> and <see cref="Spread"/> of one moment.</summary>
    public (int InFlight, long Spread) Load
    {
        get
        {
            lock (_lock)
            {
                return (_unsettled.Count, _begun.TryPeek(out var first) ? _last - first + 1 : 0);
            }
        }
    }

    /// <summary>A record was taken. Offsets rise, with gaps where the log was compacted; false for one that was taken before or that comes after the end.</summary>
    public bool Begin(long offset)
    {
        lock (_lock)
        {
            if (_hasEnded || offset <= _last)
            {
                return false;
            }
            _begun.Enqueue(offset);
            _unsettled.Add(offset);
            _last = offset;
            Advance();
            return true;
        }
    }

    /// <summary>A record is settled. False when that changes nothing: of another epoch, after the end, or settled already.</summary>
    public bool Complete(long completedEpoch, long offset)
    {
        lock (_lock)
        {
            if (_hasEnded || completedEpoch != epoch || !_unsettled.Remove(offset))
            {
                return false;
            }
            Advance();
            return true;
        }
    }

    /// <summary>The partition is somebody else's: what completes from now on changes nothing.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
        }
    }

    /// <summary>Called under the lock.</summary>
    private void Advance()
    {
        while (_begun.TryPeek(out var first) && !_unsettled.Contains(first))
        {
            _begun.Dequeue();
        }
        _committable = _begun.TryPeek(out var lowest) ? lowest : _last + 1;
    }
}
