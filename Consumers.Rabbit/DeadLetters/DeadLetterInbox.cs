using System.Threading.Channels;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Consumes the dead-letter queue. AMQP's prefetch counts messages and not bytes, and here come the ones that were too large for anything else: it is small while little
/// comes, grows while batches are full, and falls to what fits when a large body is seen. A large body is not copied: it holds up what comes behind it until it is archived.
/// </summary>
/// <remarks>
/// Every prefetch has a channel of its own. Where a quorum queue is deleted and made anew while one channel ends a subscription and begins the next, RabbitMQ 3.10 can keep the first as
/// a consumer of the new queue, of which the channel knows nothing: what it gives to that one is delivered to nobody, and comes back only with the end of the channel.
/// </remarks>
internal sealed class DeadLetterInbox : IAsyncDisposable
{
    public const int QuietPrefetch = 2, MaxPrefetch = 32;

    private const int BorrowAbove = 1024 * 1024;
    private const long HeldBytes = 32 * 1024 * 1024;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly RabbitSession _session;
    private readonly RabbitModule _module;

    /// <summary>Null when the subscription has ended: nothing more comes of it.</summary>
    private readonly Channel<HeldDeadLetter?> _arrived = Channel.CreateUnbounded<HeldDeadLetter?>();

    private readonly HeldBodies _held;
    private IChannel _channel = null!;
    private string _subscription = "";
    private int _subscriptions;
    private int _wanted = QuietPrefetch;
    private int _prefetch;
    private bool _isEnding;

    private DeadLetterInbox(RabbitSession session, RabbitModule module)
    {
        (_session, _module) = (session, module);
        _held = new HeldBodies(HeldBytes, module.Time);
    }

    private string Queue => _module.Names.DeadLetterQueue;

    public static async Task<DeadLetterInbox> OpenAsync(RabbitSession session, RabbitModule module)
    {
        var inbox = new DeadLetterInbox(session, module);
        await inbox.SubscribeAsync();
        return inbox;
    }

    /// <summary>Waits for the next dead letters; what came meanwhile is in the batch, up to its bounds. Those of the batch before are acknowledged.</summary>
    public async Task<List<HeldDeadLetter>> TakeAsync(CancellationToken cancellationToken)
    {
        await FitAsync();
        HeldDeadLetter? first;
        while ((first = await NextAsync(cancellationToken)) is null)
        {
            // Closed when the broker has the acks, which were sent before.
            await _channel.DisposeAsync();
            await SubscribeAsync();
        }
        var batch = new List<HeldDeadLetter> { first };
        var bytes = first.Length;
        while (batch.Count < DeadLetterBatch.MaxLetters && _arrived.Reader.TryPeek(out var next) && next is not null && bytes + next.Length <= DeadLetterBatch.MaxBytes && _arrived.Reader.TryRead(out _))
        {
            batch.Add(next);
            bytes += next.Length;
        }
        if (batch.Count >= _prefetch)
        {
            _wanted = Math.Min(_wanted * 2, MaxPrefetch);
        }
        return batch;
    }

    public IReadOnlyList<DeadLetter> Read(List<HeldDeadLetter> batch) => batch.ConvertAll(held => held.Read(_module.Name, Queue));

    /// <summary>They are archived: all up to the last, which came in this order.</summary>
    public async Task AcknowledgeAsync(List<HeldDeadLetter> batch)
    {
        await _channel.BasicAckAsync(batch[^1].Tag, multiple: true, _session.Lost);
        batch.ForEach(Release);
    }

    public async ValueTask DisposeAsync()
    {
        _arrived.Writer.TryComplete();
        while (_arrived.Reader.TryRead(out var held))
        {
            if (held is not null)
            {
                Release(held);
            }
        }
        // With it goes back what is not acknowledged.
        await _channel.DisposeAsync();
    }

    public void Release(HeldDeadLetter held)
    {
        _held.Remove(held.Length);
        held.End();
    }

    private async ValueTask<HeldDeadLetter?> NextAsync(CancellationToken cancellationToken)
    {
        if (_arrived.Reader.TryRead(out var held))
        {
            return held;
        }
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        quiet.CancelAfter(Quiet);
        try
        {
            return await _arrived.Reader.ReadAsync(quiet.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _wanted = QuietPrefetch;
            await FitAsync();
        }
        return await NextOrLoseAsync(cancellationToken);
    }

    /// <summary>A broker may forget a consumer, as it may one of the work queue; then dead letters are ready and none is delivered. The connection is built anew.</summary>
    private async ValueTask<HeldDeadLetter?> NextOrLoseAsync(CancellationToken cancellationToken)
    {
        var isSuspect = false;
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(isSuspect ? _module.Options.StalledAfter / 10 : _module.Options.StalledAfter);
            try
            {
                return await _arrived.Reader.ReadAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                var ready = await _module.Probe.ReadyAsync(_session.Connection, Queue, cancellationToken);
                // Seen once, it may have come this very moment.
                if (isSuspect && ready > 0)
                {
                    _session.Lose($"{ready} dead letters are ready in '{Queue}', and none was delivered for {_module.Options.StalledAfter.TotalSeconds:0} s");
                }
                isSuspect = ready > 0;
            }
        }
    }

    /// <summary>Ends the subscription where another prefetch is wanted. What it has delivered is taken first.</summary>
    private async Task FitAsync()
    {
        if (!_isEnding && _held.Fit(_wanted) != _prefetch)
        {
            _isEnding = true;
            await _channel.BasicCancelAsync(_subscription, noWait: false, _session.Lost);
        }
    }

    private async Task SubscribeAsync()
    {
        _channel = await _session.Connection.CreateChannelAsync(cancellationToken: _session.Lost);
        _channel.ChannelShutdownAsync += (_, reason) =>
        {
            if (reason.Initiator != ShutdownInitiator.Application)
            {
                _session.Lose($"the channel that archives dead letters was closed: {reason.ReplyCode} {reason.ReplyText}");
            }
            return Task.CompletedTask;
        };
        _isEnding = false;
        _prefetch = _held.Fit(_wanted);
        _subscription = $"{_module.Instance.Name}.{_module.Name}.archivist.{_module.Instance.RunId[..8]}.{++_subscriptions}";
        await _channel.BasicQosAsync(0, (ushort)_prefetch, global: false, _session.Lost);
        await _channel.BasicConsumeAsync(Queue, autoAck: false, _subscription, noLocal: false, exclusive: false, arguments: null, new Subscription(this, _channel), _session.Lost);
    }

    private Task Deliver(ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        var isLarge = body.Length > BorrowAbove;
        var held = new HeldDeadLetter(tag, properties, isLarge ? body : body.ToArray());
        _held.Add(held.Length);
        if (isLarge)
        {
            _held.Pass(held.Length);
        }
        if (!_arrived.Writer.TryWrite(held))
        {
            Release(held);
        }
        return isLarge ? held.Ended : Task.CompletedTask;
    }

    private sealed class Subscription(DeadLetterInbox inbox, IChannel channel) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
            inbox.Deliver(deliveryTag, properties, body);

        /// <summary>Told in its turn, behind everything that was delivered.</summary>
        public override async Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            await base.HandleBasicCancelOkAsync(consumerTag, cancellationToken);
            inbox._arrived.Writer.TryWrite(null);
        }

        /// <summary>From the broker's side: the queue was deleted, or its leader is gone.</summary>
        public override async Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            await base.HandleBasicCancelAsync(consumerTag, cancellationToken);
            inbox._session.Lose($"the broker cancelled the archivist of queue '{inbox.Queue}': the queue was deleted, or its leader is away");
        }
    }
}
