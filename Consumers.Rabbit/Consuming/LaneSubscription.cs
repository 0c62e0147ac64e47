using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Whether the broker delivers to a lane: one <c>basic.consume</c> after another on its channel, at most one at a time. What has not begun may go back only when it has ended:
/// while it stands, the broker would deliver it here again at once.
/// </summary>
internal sealed class LaneSubscription(RabbitLane lane, IChannel channel, string tag, CancellationToken lost)
{
    private volatile TaskCompletionSource<bool> _ceased = NewlyCeased();
    private LaneConsumer? _consumer;
    private int _count;
    private volatile bool _isGivenUp;

    /// <summary>Of the subscription that stands or stood last: true when the broker has promised to deliver nothing more here, false when it is not known to.</summary>
    public Task<bool> Ceased => _ceased.Task;

    /// <summary>Not begun, or ended.</summary>
    public bool IsQuiet => _ceased.Task.IsCompleted;

    public async Task BeginAsync(int prefetch)
    {
        await channel.BasicQosAsync(0, (ushort)prefetch, global: false, lost);
        _ceased = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isGivenUp)
        {
            // At this very moment: whoever waits must not wait for ever.
            GiveUp();
        }
        var consumer = new LaneConsumer(lane, channel, $"{tag}.{++_count}");
        await channel.BasicConsumeAsync(lane.Queue, autoAck: false, consumer.Tag, noLocal: false, exclusive: false, arguments: null, consumer, lost);
        _consumer = consumer;
    }

    /// <summary>Returns when it has ended. Two may ask at once: it has ended for both when the broker has answered the one that cancelled it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var ceased = _ceased;
        if (Interlocked.Exchange(ref _consumer, null) is not { } consumer)
        {
            await ceased.Task.WaitAsync(cancellationToken);
            return;
        }
        await channel.BasicCancelAsync(consumer.Tag, noWait: false, cancellationToken);
        ceased.TrySetResult(true);
    }

    /// <summary>Nobody can tell any more whether it has ended: the end of the channel ends it.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        _ceased.TrySetResult(false);
    }

    private static TaskCompletionSource<bool> NewlyCeased()
    {
        var ceased = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        ceased.SetResult(true);
        return ceased;
    }
}
