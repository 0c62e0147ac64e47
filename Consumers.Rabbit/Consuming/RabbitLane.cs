using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>
/// One consuming channel: takes deliveries in, has them executed by as many workers as there are slots, and acknowledges what is settled.
/// It lives as long as its channel; the next one is a new lane.
/// </summary>
internal sealed partial class RabbitLane
{
    private readonly RabbitSession _session;
    private readonly IChannel _channel;
    private readonly LaneWork _work;
    private readonly ILogger _logger;
    private readonly LaneAcks _acks;
    private readonly LaneQueue _queue = new();
    private readonly LaneSubscription _subscription;
    private readonly LaneAdmission _admission;
    private int _waiting;
    private int _running;
    private long _lastDeliveredAt;
    private volatile bool _isLost;
    private volatile bool _isClosing;

    private RabbitLane(RabbitSession session, IChannel channel, int number, LaneWork work, ILogger logger)
    {
        (_session, _channel, Number, _work, _logger) = (session, channel, number, work, logger);
        _lastDeliveredAt = work.Time.GetTimestamp();
        _acks = new LaneAcks(channel, Lose);
        _subscription = new LaneSubscription(this, channel, $"{work.ConsumerTag}.{number}", session.Lost);
        _admission = new LaneAdmission(work, _subscription);
        InHand = new LaneInHand(work);
        Held = new HeldBodies(work.HeldBytes, work.Time);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            if (!_isClosing)
            {
                Lose($"a consuming channel was closed: {reason.ReplyCode} {reason.ReplyText}");
            }
            return Task.CompletedTask;
        };
        Workers = Task.WhenAll(Enumerable.Range(0, work.Workers).Select(worker => Task.Run(() => WorkAsync(worker))));
    }

    public int Number { get; }

    public string Queue => _work.Queue;

    public RabbitTaskPublisher Publisher => _work.Publisher;

    /// <summary>The channel is gone: nothing of it can be acknowledged any more.</summary>
    public bool IsLost => _isLost;

    /// <summary>It is not subscribed: nothing more is delivered to it.</summary>
    public bool IsQuiet => _subscription.IsQuiet;

    public int Prefetch => _acks.Prefetch;

    public int Unacked => _acks.Unsent;

    /// <summary>Delivered, but not begun.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Delivered, and not at its end.</summary>
    public HeldBodies Held { get; }

    /// <summary>Begun, and not settled.</summary>
    public LaneInHand InHand { get; }

    public int Running => Volatile.Read(ref _running);

    /// <summary>A timestamp of the time provider.</summary>
    public long LastDeliveredAt => Volatile.Read(ref _lastDeliveredAt);

    /// <summary>Ends when nothing more is taken and what was begun has ended.</summary>
    public Task Workers { get; }

    /// <summary>Ends when the lane is lost or flushed.</summary>
    public Task Acks => _acks.Completion;

    public static async Task<RabbitLane> OpenAsync(RabbitSession session, int number, int prefetch, LaneWork work, ILogger logger)
    {
        var channel = await session.Connection.CreateChannelAsync(cancellationToken: session.Lost);
        var lane = new RabbitLane(session, channel, number, work, logger);
        // Also when the connection is new: a pause outlives it.
        if (!work.IsPaused())
        {
            await lane.SubscribeAsync(prefetch);
        }
        return lane;
    }

    /// <summary>Takes nothing for now, and gives back what has not begun; what runs goes on, and is acknowledged.</summary>
    public async Task PauseAsync()
    {
        if (!IsQuiet)
        {
            await _subscription.EndAsync(CancellationToken.None);
            _acks.Prefetch = 0;
        }
        while (_queue.TryTake(out var delivery))
        {
            await ReturnAsync(delivery, _subscription.Ceased);
        }
    }

    public async Task ResumeAsync(int prefetch)
    {
        // Without deliveries for long, and rightly so.
        Volatile.Write(ref _lastDeliveredAt, _work.Time.GetTimestamp());
        await SubscribeAsync(prefetch);
    }

    /// <summary>Subscribes anew with another prefetch, on the same channel: what is unacknowledged stays so.</summary>
    public async Task ChangePrefetchAsync(int prefetch)
    {
        await _subscription.EndAsync(CancellationToken.None);
        await SubscribeAsync(prefetch);
    }

    /// <summary>
    /// The client takes the body's memory back when this ends. A body for a handler is copied; one over the limit is not, so that strangers cannot have an array of many MiB
    /// made for every message: it stays in the client's memory until it is dead-lettered, and whatever came behind it waits that long.
    /// </summary>
    public Task DeliverAsync(ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        if (body.Length <= _work.MaxBodyBytes)
        {
            Deliver(new RabbitDelivery(this, tag, properties, body.ToArray()), tag);
            return Task.CompletedTask;
        }
        Held.Pass(body.Length);
        var delivery = new BorrowedDelivery(this, tag, properties, body);
        Deliver(delivery, tag);
        return delivery.Ended;
    }

    private void Deliver(RabbitDelivery delivery, ulong tag)
    {
        Volatile.Write(ref _lastDeliveredAt, _work.Time.GetTimestamp());
        _acks.Deliver(tag);
        Interlocked.Increment(ref _waiting);
        Held.Add(delivery.Body.Length);
        if (!_queue.TryAdd(delivery))
        {
            // The lane takes nothing more: on its way here while it was closed.
            _ = ReturnAsync(delivery, _subscription.Ceased);
        }
    }

    /// <summary>False when the channel is gone. The ack itself may leave a moment later, together with others.</summary>
    public bool Acknowledge(ulong tag) => !_isLost && _acks.Settle(tag, isLast: Volatile.Read(ref _waiting) == 0);

    public bool HandBack(ulong tag) => !_isLost && _acks.HandBack(tag);

    /// <summary>Called a few times a second: what is settled behind a slow task is not held back for long.</summary>
    public void FlushStragglers() => _acks.Flush();

    /// <summary>Takes nothing more; what has not begun is handed back. <see cref="Workers"/> ends when the rest is done.</summary>
    public async Task StopTakingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _subscription.EndAsync(cancellationToken);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The channel is gone or does not answer: what it delivered goes back with it.
            Log.CancelFailed(_logger, Number, e.Message);
            _subscription.GiveUp();
        }
        _queue.Complete();
        // Not left to the workers: all of them may be busy for long.
        while (_queue.TryTake(out var delivery))
        {
            await ReturnAsync(delivery, _subscription.Ceased);
        }
    }

    /// <summary>Sends every ack that is due and closes the channel; its close is answered after the acks are in.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        _acks.Complete();
        try
        {
            await Acks.WaitAsync(cancellationToken);
            _isClosing = true;
            await _channel.CloseAsync(cancellationToken);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            Log.FlushFailed(_logger, Number, e.Message);
        }
        // Whoever still has a delivery of it comes too late.
        _isLost = true;
    }

    /// <summary>Gives the channel up, and with it the connection: the supervisor builds both anew.</summary>
    public void Lose(string reason)
    {
        _isLost = true;
        _subscription.GiveUp();
        _queue.Complete();
        _acks.Lose();
        _session.Lose(reason);
    }

    private Task SubscribeAsync(int prefetch)
    {
        _acks.Prefetch = prefetch;
        return _subscription.BeginAsync(prefetch);
    }

    private async Task WorkAsync(int worker)
    {
        // One task at a time: the thread that brings it may as well begin it, because nothing else comes before it is settled. Handlers have threads of their own.
        var taker = new LaneQueue.Worker(beginsWhereDelivered: _work.Workers == 1);
        while (await _queue.TakeAsync(taker) is { } delivery)
        {
            // No longer ours to do: without an ack the broker delivers it again, to whoever takes work.
            var refused = _isLost ? _subscription.Ceased : await _admission.EnterAsync();
            if (refused is not null)
            {
                await ReturnAsync(delivery, refused);
                continue;
            }
            InHand.Begin(worker, delivery);
            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _running);
            try
            {
                await _work.ExecuteAsync(delivery);
            }
            catch (Exception e)
            {
                Log.ExecutionFailed(_logger, e, Queue);
                delivery.HandBack();
            }
            finally
            {
                Interlocked.Decrement(ref _running);
                InHand.End(worker);
                End(delivery);
                _work.Slots.Exit();
            }
        }
    }

    private void End(RabbitDelivery delivery)
    {
        Held.Remove(delivery.Body.Length);
        delivery.End();
    }

    /// <summary>
    /// Gives back what has not begun, but only when no more is delivered here: a subscription that still stands gets it again at once, and again, until the broker has counted to its
    /// delivery limit and dead-letters a task that nobody has begun. When the subscription could not be ended, the end of the channel gives it back.
    /// </summary>
    private async Task ReturnAsync(RabbitDelivery delivery, Task<bool> ceased)
    {
        if (await ceased)
        {
            await _work.GiveBackAsync(delivery);
        }
        Interlocked.Decrement(ref _waiting);
        End(delivery);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The consumer of lane {Lane} could not be cancelled: {Error}")]
        public static partial void CancelFailed(ILogger logger, int lane, string error);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Lane {Lane} was closed before its acks were confirmed: {Error}")]
        public static partial void FlushFailed(ILogger logger, int lane, string error);

        [LoggerMessage(Level = LogLevel.Error, Message = "A delivery from {Queue} was not executed; it is handed back")]
        public static partial void ExecutionFailed(ILogger logger, Exception exception, string queue);
    }
}
