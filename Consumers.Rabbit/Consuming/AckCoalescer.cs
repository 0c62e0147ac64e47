namespace Consumers.Rabbit;

/// <summary>What is sent for one or more delivery tags.</summary>
/// <param name="Multiple">Every lower tag as well.</param>
/// <param name="HandBack">Not an ack but a nack with requeue.</param>
internal readonly record struct Acknowledgement(ulong Tag, bool Multiple, bool HandBack);

/// <summary>
/// The delivery tags of one channel, and what may be acknowledged of them. Acks are combined only over the settled prefix: a <c>multiple</c> covers every
/// lower tag, and so it may not pass one that is unfinished, or one whose hand-back is not sent yet.
/// </summary>
internal sealed class AckCoalescer
{
    private enum Tag : byte
    {
        Open,
        Settled,
        Returning,
        Done,
    }

    private readonly Lock _lock = new();
    private readonly Queue<ulong> _returning = new();
    private Tag[] _ring = new Tag[64];
    private ulong _head = 1;
    private ulong _next = 1;
    private ulong _behind = 1;
    private int _settled;
    private int _unsent;

    /// <summary>Delivered, and nothing sent for it yet.</summary>
    public int Unsent => Volatile.Read(ref _unsent);

    /// <summary>Tags rise by one on a channel; one that was skipped stays open, which blocks the prefix but acknowledges nothing wrongly.</summary>
    public void Deliver(ulong tag)
    {
        lock (_lock)
        {
            for (; _next <= tag; _next++)
            {
                if (_next - _head >= (ulong)_ring.Length)
                {
                    Grow();
                }
                this[_next] = Tag.Open;
                _unsent++;
            }
        }
    }

    /// <summary>The delivery may be acknowledged. Returns how many now wait for that; 0 when the tag was not open.</summary>
    public int Settle(ulong tag)
    {
        lock (_lock)
        {
            if (!IsOpen(tag))
            {
                return 0;
            }
            this[tag] = Tag.Settled;
            return ++_settled;
        }
    }

    /// <summary>The delivery goes back to the queue. False when the tag was not open.</summary>
    public bool HandBack(ulong tag)
    {
        lock (_lock)
        {
            if (!IsOpen(tag))
            {
                return false;
            }
            this[tag] = Tag.Returning;
            _returning.Enqueue(tag);
            return true;
        }
    }

    /// <summary>The next thing to send, in this order on one channel. False when there is nothing for now.</summary>
    /// <param name="most">When more settled tags than this wait behind an unfinished one, they are acknowledged singly; 0 for all of them.</param>
    public bool TryTake(int most, out Acknowledgement acknowledgement)
    {
        lock (_lock)
        {
            if (_returning.TryDequeue(out var returned))
            {
                this[returned] = Tag.Done;
                _unsent--;
                acknowledgement = new(returned, Multiple: false, HandBack: true);
                return true;
            }
            return TryTakePrefix(out acknowledgement) || TryTakeBehind(most, out acknowledgement);
        }
    }

    private bool TryTakePrefix(out Acknowledgement acknowledgement)
    {
        // The tag that is named must be one the broker still waits for, or it closes the channel; so it is the last settled one, not the end of the prefix.
        var last = 0UL;
        var count = 0;
        for (; _head < _next && this[_head] is Tag.Settled or Tag.Done; _head++)
        {
            if (this[_head] == Tag.Settled)
            {
                last = _head;
                count++;
            }
        }
        _settled -= count;
        _unsent -= count;
        acknowledgement = new(last, Multiple: count > 1, HandBack: false);
        return count > 0;
    }

    private bool TryTakeBehind(int most, out Acknowledgement acknowledgement)
    {
        acknowledgement = default;
        if (_settled <= most)
        {
            return false;
        }
        // Settled in any order, so the next one may lie before the place that the walk has come to.
        _behind = Math.Max(_behind, _head);
        while (this[_behind] != Tag.Settled || _behind >= _next)
        {
            _behind = _behind + 1 < _next ? _behind + 1 : _head;
        }
        this[_behind] = Tag.Done;
        _settled--;
        _unsent--;
        acknowledgement = new(_behind, Multiple: false, HandBack: false);
        return true;
    }

    private Tag this[ulong tag]
    {
        get => _ring[tag & (ulong)(_ring.Length - 1)];
        set => _ring[tag & (ulong)(_ring.Length - 1)] = value;
    }

    private bool IsOpen(ulong tag) => tag >= _head && tag < _next && this[tag] == Tag.Open;

    private void Grow()
    {
        var larger = new Tag[_ring.Length * 2];
        for (var tag = _head; tag < _next; tag++)
        {
            larger[tag & (ulong)(larger.Length - 1)] = this[tag];
        }
        _ring = larger;
    }
}
