using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>
/// Publishes with many confirms outstanding and counts them itself: the fastest way that the client offers, since its own tracking costs a third.
/// For one caller at a time.
/// </summary>
internal sealed class ConfirmedPublisher : IAsyncDisposable
{
    /// <summary>How far a late confirm may lie behind; a power of two.</summary>
    private const int Ring = 1 << 16;

    private static readonly BasicProperties Properties = new() { Persistent = true, ContentType = "application/json" };

    private readonly IChannel _channel;
    private readonly int _size;
    private readonly SemaphoreSlim _window;
    private readonly CancellationTokenSource _broken = new();
    private readonly Lock _lock = new();
    private readonly bool[] _pending = new bool[Ring];
    private ulong _lowest = 1;
    private ulong _next = 1;
    private string _fault = "";

    private ConfirmedPublisher(IChannel channel, int window)
    {
        _channel = channel;
        _size = window;
        _window = new SemaphoreSlim(window);
        channel.BasicAcksAsync += (_, confirmed) =>
        {
            if (Settle(confirmed.DeliveryTag, confirmed.Multiple) is > 0 and var settled)
            {
                _window.Release(settled);
            }
            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, refused) => Break($"the broker refused message {refused.DeliveryTag}");
        channel.ChannelShutdownAsync += (_, reason) => Break($"the channel was closed: {reason.ReplyText}");
    }

    /// <param name="window">How many publishes may wait for their confirms.</param>
    public static async Task<ConfirmedPublisher> OpenAsync(IConnection connection, int window, CancellationToken cancellationToken)
    {
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false);
        return new ConfirmedPublisher(await connection.CreateChannelAsync(options, cancellationToken), window);
    }

    /// <summary>Waits for room and sends; the body may be used again when it returns.</summary>
    public async ValueTask PublishAsync(string queue, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await RoomAsync(cancellationToken);
        lock (_lock)
        {
            if (_next - _lowest >= Ring)
            {
                throw new RunFailedException($"message {_lowest} is not confirmed, and {Ring} later ones are");
            }
            _pending[_next++ % Ring] = true;
        }
        await _channel.BasicPublishAsync("", queue, mandatory: true, Properties, body, cancellationToken);
    }

    /// <summary>Returns when everything is confirmed.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _size; i++)
        {
            await RoomAsync(cancellationToken);
        }
        _window.Release(_size);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _window.Dispose();
        _broken.Dispose();
    }

    private async ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        if (_window.Wait(0, CancellationToken.None))
        {
            return;
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _broken.Token);
        try
        {
            await _window.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (_broken.IsCancellationRequested)
        {
            throw new RunFailedException($"publishing stopped: {_fault}");
        }
    }

    /// <summary>How many publishes this confirm settles.</summary>
    private int Settle(ulong tag, bool multiple)
    {
        lock (_lock)
        {
            var settled = 0;
            for (var sequence = multiple ? _lowest : tag; sequence <= tag; sequence++)
            {
                settled += _pending[sequence % Ring] ? 1 : 0;
                _pending[sequence % Ring] = false;
            }
            while (_lowest < _next && !_pending[_lowest % Ring])
            {
                _lowest++;
            }
            return settled;
        }
    }

    private Task Break(string why)
    {
        _fault = why;
        return _broken.CancelAsync();
    }
}
