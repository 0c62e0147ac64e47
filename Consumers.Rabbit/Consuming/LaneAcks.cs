using System.Threading.Channels;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Sends the acks of one channel, and nobody else does. There is no timer: whenever it is woken it takes what is there, so that
/// the batches follow the load, and a single task waits for nobody.
/// </summary>
internal sealed class LaneAcks
{
    private readonly AckCoalescer _tags = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IChannel _channel;
    private readonly Action<string> _failed;
    private volatile int _prefetch;
    private volatile bool _isFlushing;
    private volatile bool _isLost;

    /// <param name="failed">The channel does not take acks any more.</param>
    public LaneAcks(IChannel channel, Action<string> failed)
    {
        (_channel, _failed) = (channel, failed);
        Completion = Task.Run(PumpAsync);
    }

    /// <summary>Ends when the channel is lost, or all is sent after <see cref="Complete"/>.</summary>
    public Task Completion { get; }

    public int Prefetch
    {
        get => _prefetch;
        set => _prefetch = value;
    }

    public int Unsent => _tags.Unsent;

    public void Deliver(ulong tag) => _tags.Deliver(tag);

    /// <summary>False when the tag was not open.</summary>
    /// <param name="isLast">Nothing more waits to be run, so no ack will follow soon that this one could be combined with.</param>
    public bool Settle(ulong tag, bool isLast)
    {
        var settled = _tags.Settle(tag);
        if (isLast || settled >= Math.Max(1, _prefetch / 4))
        {
            _signal.Writer.TryWrite(true);
        }
        return settled > 0;
    }

    public bool HandBack(ulong tag)
    {
        if (!_tags.HandBack(tag))
        {
            return false;
        }
        _signal.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Sends what is settled behind an unfinished task, too.</summary>
    public void Flush()
    {
        _isFlushing = true;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Nothing more will be settled.</summary>
    public void Complete()
    {
        _isFlushing = true;
        _signal.Writer.TryComplete();
    }

    /// <summary>The channel is gone: nothing is sent any more.</summary>
    public void Lose()
    {
        _isLost = true;
        _signal.Writer.TryComplete();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await _signal.Reader.WaitToReadAsync())
            {
                _signal.Reader.TryRead(out _);
                await SendAsync();
            }
            await SendAsync();
        }
        catch (Exception e)
        {
            // Nothing is acknowledged on another channel; what was not comes again.
            _failed($"acknowledging failed: {e.Message}");
        }
    }

    private async ValueTask SendAsync()
    {
        var most = _isFlushing ? 0 : _prefetch / 2;
        _isFlushing = false;
        while (!_isLost && _tags.TryTake(most, out var next))
        {
            if (next.HandBack)
            {
                await _channel.BasicNackAsync(next.Tag, multiple: false, requeue: true);
                continue;
            }
            await _channel.BasicAckAsync(next.Tag, next.Multiple);
            CrashPoint.Hit(CrashPoints.AckWritten);
        }
    }
}
