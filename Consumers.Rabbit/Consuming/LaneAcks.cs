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
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IChannel _channel;
    private readonly Action<string> _failed;
    private volatile int _prefetch;
    private volatile bool _isFlushing;
    private volatile bool _isLost;
    private volatile bool _isComplete;
    private int _asked;

    /// <param name="failed">The channel does not take acks any more.</param>
    public LaneAcks(IChannel channel, Action<string> failed) => (_channel, _failed) = (channel, failed);

    /// <summary>Ends when the channel is lost, or all is sent after <see cref="Complete"/>.</summary>
    public Task Completion => _completion.Task;

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
            Send();
        }
        return settled > 0;
    }

    public bool HandBack(ulong tag)
    {
        if (!_tags.HandBack(tag))
        {
            return false;
        }
        Send();
        return true;
    }

    /// <summary>Sends what is settled behind an unfinished task, too.</summary>
    public void Flush()
    {
        _isFlushing = true;
        Send();
    }

    /// <summary>Nothing more will be settled.</summary>
    public void Complete()
    {
        _isFlushing = true;
        _isComplete = true;
        Send();
    }

    /// <summary>The channel is gone: nothing is sent any more.</summary>
    public void Lose()
    {
        _isLost = true;
        _completion.TrySetResult();
    }

    /// <summary>Sends what is due, unless somebody does that now: who then looks again.</summary>
    private void Send()
    {
        if (Interlocked.Increment(ref _asked) != 1)
        {
            return;
        }
        if (_prefetch == 1)
        {
            // Nothing to combine it with, and the next task waits for it.
            _ = SendAllAsync();
        }
        else
        {
            _ = Task.Run(SendAllAsync);
        }
    }

    /// <summary>Never throws.</summary>
    private async Task SendAllAsync()
    {
        try
        {
            int answered;
            do
            {
                answered = Volatile.Read(ref _asked);
                await SendAsync();
            }
            while (Interlocked.Add(ref _asked, -answered) != 0);
            if (_isComplete)
            {
                _completion.TrySetResult();
            }
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
