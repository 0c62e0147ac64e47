namespace Consumers.Rabbit;

/// <summary>
/// Sequence number → message, for one channel in confirm mode. A ring: numbers rise by one and are confirmed almost in order, so that
/// a confirm is an index and a <c>multiple</c> is a walk from the lowest open number.
/// </summary>
internal sealed class OutstandingConfirms
{
    private readonly Lock _lock = new();
    private readonly OutgoingMessage?[] _ring;
    private readonly ulong _mask;
    private readonly int _limit;
    private TaskCompletionSource? _room;
    private ulong _lowest = 1;
    private ulong _next = 1;
    private Func<Exception>? _end;
    private bool _returned;

    public OutstandingConfirms(int limit)
    {
        _limit = limit;
        // A straggler among confirmed neighbours holds its place in the ring but not the others' room, so the ring is larger than the limit.
        var size = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)limit * 2);
        _ring = new OutgoingMessage?[size];
        _mask = size - 1;
    }

    public int Count { get; private set; }

    /// <summary>Of the bodies that are open.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a message that needs a queue came back since this was asked last: one is missing.</summary>
    public bool TakeReturned() => Interlocked.Exchange(ref _returned, false);

    /// <summary>Gives the message the next number; false when as many as allowed are open. On a channel that has ended it fails at once.</summary>
    public bool TryAdd(OutgoingMessage message)
    {
        lock (_lock)
        {
            if (_end is not null)
            {
                message.TryFail(_end());
                return true;
            }
            if (!HasRoom)
            {
                return false;
            }
            _ring[_next++ & _mask] = message;
            Count++;
            Bytes += message.Body.Length;
            return true;
        }
    }

    /// <summary>Completes when another message may be added.</summary>
    public Task RoomAsync()
    {
        lock (_lock)
        {
            return HasRoom || _end is not null ? Task.CompletedTask : (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The broker has confirmed or refused the message of this number, and with <paramref name="multiple"/> all below it.</summary>
    public void Settle(ulong number, bool multiple, bool isConfirmed)
    {
        // The newest is told first, and nobody under the lock: who waits for the oldest and then sends again finds the others done, and the lock free.
        for (var message = Take(number, multiple); message is not null;)
        {
            var next = message.Next;
            message.Next = null;
            if (isConfirmed)
            {
                message.Confirm();
            }
            else
            {
                message.Refuse();
            }
            message = next;
        }
    }

    /// <summary>The newest of those that are settled, and behind it the others.</summary>
    private OutgoingMessage? Take(ulong number, bool multiple)
    {
        OutgoingMessage? newest = null;
        lock (_lock)
        {
            if (number >= _next || number < _lowest)
            {
                return null;
            }
            for (var i = multiple ? _lowest : number; i <= number; i++)
            {
                if (_ring[i & _mask] is { } message)
                {
                    _ring[i & _mask] = null;
                    Count--;
                    Bytes -= message.Body.Length;
                    message.Next = newest;
                    newest = message;
                }
            }
            Advance();
        }
        return newest;
    }

    /// <summary>Notes that the broker gave a message back. It comes before the confirm, and without a number: the lowest open one that fits is it.</summary>
    public void Return(string exchange, string routingKey, string? messageId, string reason)
    {
        lock (_lock)
        {
            for (var i = _lowest; i < _next; i++)
            {
                if (_ring[i & _mask] is { ReturnReason: null } message && message.RoutingKey == routingKey && message.Exchange == exchange && message.Properties.MessageId == messageId)
                {
                    message.ReturnReason = reason;
                    if (message.NeedsQueue)
                    {
                        Volatile.Write(ref _returned, true);
                    }
                    return;
                }
            }
        }
    }

    /// <summary>Fails what was sent before this time, and says whether there was any. The numbers stay taken: a late confirm finds nothing, and harms nothing.</summary>
    public bool FailSentBefore(long timestamp, Func<Exception> failure)
    {
        lock (_lock)
        {
            var any = false;
            for (var i = _lowest; i < _next; i++)
            {
                if (_ring[i & _mask] is { } message)
                {
                    if (message.SentAt >= timestamp)
                    {
                        break;
                    }
                    _ring[i & _mask] = null;
                    Count--;
                    Bytes -= message.Body.Length;
                    any |= !message.IsDone;
                    message.TryFail(failure());
                }
            }
            Advance();
            return any;
        }
    }

    /// <summary>Fails all that is open, and whatever is added later: nobody waits for a channel that has ended.</summary>
    public void End(Func<Exception> failure)
    {
        lock (_lock)
        {
            _end ??= failure;
            FailSentBefore(long.MaxValue, failure);
        }
    }

    private bool HasRoom => Count < _limit && _next - _lowest <= _mask;

    private void Advance()
    {
        while (_lowest < _next && _ring[_lowest & _mask] is null)
        {
            _lowest++;
        }
        if (_room is not null && (HasRoom || _end is not null))
        {
            _room.SetResult();
            _room = null;
        }
    }
}
