using System.Threading.Channels;

namespace Consumers.Host.Live;

/// <summary>One open stream.</summary>
internal sealed class LiveListener(LiveHub hub) : IDisposable
{
    /// <summary>At two snapshots a second, how far behind one may be is about a minute.</summary>
    internal const int MostWaiting = LiveHub.NoticesKept + 28;

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _dropped = new();

    /// <summary>It did not read for too long.</summary>
    public CancellationToken Dropped => _dropped.Token;

    /// <summary>Events as they go over the wire; ends when the host stops.</summary>
    public ChannelReader<string> Events => _waiting.Reader;

    /// <summary>False: it has too much to read already, and is dropped.</summary>
    public bool Offer(string text)
    {
        if (_waiting.Writer.TryWrite(text))
        {
            return true;
        }
        // Not here: what hangs on the token must not run under the hub's lock.
        _ = _dropped.CancelAsync();
        return false;
    }

    public void End() => _waiting.Writer.TryComplete();

    public void Dispose()
    {
        hub.Forget(this);
        // The source holds no timer, so there is nothing to dispose of; a drop may still be under way.
    }
}
