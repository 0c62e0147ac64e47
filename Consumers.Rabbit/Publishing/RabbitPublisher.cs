using System.Threading.Channels;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Sends messages and waits for their confirms, many at once. One writer at a time: a caller that finds nobody writing and nothing waiting sends its message
/// itself, which saves a change of threads; else a loop takes it off a bounded queue. The connection beneath comes and goes, and a message waits for it at most
/// <see cref="RabbitOptions.PublishWait"/>.
/// </summary>
internal sealed class RabbitPublisher(RabbitOptions options, RabbitConnection connection, RabbitTopology topology, RabbitHealth health, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Larger bodies are sent one at a time: each takes its size again in the client's buffers, and whatever is sent behind it waits for its transfer.</summary>
    public const int LargeBody = 1024 * 1024;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _large = new(1, 1);
    private readonly Channel<OutgoingMessage> _queue = Channel.CreateBounded<OutgoingMessage>(
        new BoundedChannelOptions(options.MaxOutstandingConfirms) { SingleReader = true });
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConfirmChannel? _channel;
    private Task? _running;
    private Task _unfinished = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>The connection, for passive questions; null while it is away.</summary>
    public IConnection? Connection => Volatile.Read(ref _channel)?.Session.Connection;

    /// <summary>Connects; otherwise the first message does.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _running) is not null)
        {
            return;
        }
        lock (_lock)
        {
            if (_isDisposed)
            {
                throw Closed();
            }
            _running ??= Task.WhenAll(Task.Run(() => connection.RunAsync(ServeAsync, _stop.Token)), Task.Run(WriteAsync));
        }
    }

    /// <summary>Completes when the broker has confirmed the message.</summary>
    /// <exception cref="PublishFailedException">It was not confirmed.</exception>
    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken cancellationToken) =>
        message.Body.Length > LargeBody ? PublishLargeAsync(message, cancellationToken) : PublishNowAsync(message, cancellationToken);

    private async ValueTask PublishLargeAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        await _large.WaitAsync(cancellationToken);
        try
        {
            await PublishNowAsync(message, cancellationToken);
        }
        finally
        {
            _large.Release();
        }
    }

    private ValueTask PublishNowAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Start();
        message.AskedAt = time.GetTimestamp();
        message.CancelWith(cancellationToken);
        return TrySendHere(message) || _queue.Writer.TryWrite(message) ? message.Confirmed : EnqueueAsync(message);
    }

    /// <summary>False when the message must go through the queue.</summary>
    private bool TrySendHere(OutgoingMessage message)
    {
        if (_queue.Reader.Count > 0 || Volatile.Read(ref _channel) is not { IsReady: true } channel || !_writer.Wait(0, CancellationToken.None))
        {
            return false;
        }
        var sending = SendAsync(channel, message);
        if (sending.IsCompletedSuccessfully)
        {
            _writer.Release();
            return sending.Result;
        }
        // The connection pushes back. The message has its number already, and its confirm or the end of the channel completes it.
        _unfinished = FinishAsync(sending.AsTask());
        return true;
    }

    /// <summary>Keeps the writer's place until the message is on its way.</summary>
    private async Task FinishAsync(Task<bool> sending)
    {
        await sending;
        _writer.Release();
    }

    private async ValueTask EnqueueAsync(OutgoingMessage message)
    {
        try
        {
            await _queue.Writer.WriteAsync(message, _stop.Token);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            message.TryFail(Closed());
        }
        await message.Confirmed;
    }

    /// <summary>One connection's life: its channel, the sweep for confirms that never come, and the end of what was open.</summary>
    private async Task ServeAsync(RabbitSession session)
    {
        await topology.EnsureAsync(session.Connection, session.Lost);
        var channel = await ConfirmChannel.OpenAsync(session, options.MaxOutstandingConfirms);
        Use(channel);
        session.Ready();
        var timeout = new ConfirmAllowance(options.ConfirmTimeout, time);
        try
        {
            using var timer = new PeriodicTimer(SweepInterval, time);
            while (!session.Lost.IsCancellationRequested && await timer.WaitForNextTickAsync(_stop.Token))
            {
                Sweep(channel, timeout.For(channel.Confirms.Bytes));
                if (channel.Confirms.TakeReturned())
                {
                    // A queue was deleted while we were connected. Whoever publishes a retry or a dead letter tries until it is there.
                    await topology.EnsureAsync(session.Connection, session.Lost);
                }
            }
            throw new RabbitLostException(await session.LostAsync);
        }
        finally
        {
            Use(null);
            channel.End(session.LostAsync.IsCompletedSuccessfully ? session.LostAsync.Result : "the publisher is closed");
        }
    }

    private void Sweep(ConfirmChannel channel, TimeSpan timeout)
    {
        var since = time.GetTimestamp() - (long)(timeout.TotalSeconds * time.TimestampFrequency);
        var isBlocked = channel.Session.BlockedReason is not null;
        var anyFailed = channel.Confirms.FailSentBefore(since, () => new PublishFailedException(PublishFailure.Unavailable,
            isBlocked ? $"the broker takes no messages for now: {channel.Session.BlockedReason}" : $"the broker did not confirm it within {timeout.TotalSeconds:0.#} s"));
        if (anyFailed && !isBlocked)
        {
            channel.Session.Lose($"a confirm is missing for {timeout.TotalSeconds:0.#} s");
        }
        if (!isBlocked)
        {
            Wake();
        }
    }

    private async Task WriteAsync()
    {
        var reader = _queue.Reader;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out var message))
            {
                await SendAsync(message);
            }
        }
    }

    private async ValueTask SendAsync(OutgoingMessage message)
    {
        while (!message.IsDone)
        {
            var channel = Volatile.Read(ref _channel);
            if (channel is not { IsReady: true })
            {
                await WaitForChannelAsync(message);
                continue;
            }
            await _writer.WaitAsync();
            bool isSent;
            try
            {
                isSent = await SendAsync(channel, message);
            }
            finally
            {
                _writer.Release();
            }
            if (isSent)
            {
                return;
            }
            await channel.Confirms.RoomAsync();
        }
    }

    /// <summary>False when there is no room for another open confirm. Whatever else becomes of it, the message knows; this does not throw.</summary>
    private ValueTask<bool> SendAsync(ConfirmChannel channel, OutgoingMessage message)
    {
        message.SentAt = time.GetTimestamp();
        return channel.TrySendAsync(message);
    }

    private async ValueTask WaitForChannelAsync(OutgoingMessage message)
    {
        var changed = Volatile.Read(ref _changed).Task;
        if (Volatile.Read(ref _channel) is { IsReady: true })
        {
            return;
        }
        var left = options.PublishWait - time.GetElapsedTime(message.AskedAt);
        if (left <= TimeSpan.Zero || _stop.IsCancellationRequested)
        {
            message.TryFail(_stop.IsCancellationRequested ? Closed() : new PublishFailedException(PublishFailure.Unavailable, health.State.Description));
            return;
        }
        // Never longer than a moment, so that a message that its caller has given up on makes way.
        var wait = left < SweepInterval ? left : SweepInterval;
        await Task.WhenAny(changed, Task.Delay(wait, time, CancellationToken.None));
    }

    private static PublishFailedException Closed() => new(PublishFailure.Unavailable, "this host no longer publishes: it is shutting down");

    private void Use(ConfirmChannel? channel)
    {
        Volatile.Write(ref _channel, channel);
        Wake();
    }

    private void Wake() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
        }
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        if (_running is not null)
        {
            await _running;
        }
        await _unfinished;
        _stop.Dispose();
    }
}
