using System.Globalization;

namespace Consumers.Host.Live;

/// <summary>
/// The events of this process and who listens. Of snapshots only the newest counts; of notices the last few are kept, so that who comes back hears what it missed.
/// A listener that does not read is dropped: nothing here waits for one, and what it may hold is bounded.
/// </summary>
/// <param name="epoch">Of the process: the part of an id before its number.</param>
/// <param name="most">Listeners at once.</param>
internal sealed class LiveHub(string epoch, int most)
{
    internal const int NoticesKept = 100;

    private readonly Lock _lock = new();
    private readonly LinkedList<LiveEvent> _notices = [];
    private readonly HashSet<LiveListener> _listeners = [];
    private LiveEvent? _snapshot;
    private long _number;
    private long _forgotten;
    private bool _isClosed;

    public int Listeners
    {
        get
        {
            lock (_lock)
            {
                return _listeners.Count;
            }
        }
    }

    public void Snapshot(string data) => Send("snapshot", data, live => _snapshot = live);

    public void Notice(string data) => Send("notice", data, live =>
    {
        _notices.AddLast(live);
        if (_notices.Count > NoticesKept)
        {
            _forgotten = _notices.First!.Value.Number;
            _notices.RemoveFirst();
        }
    });

    /// <summary>Null when there are as many as there may be, or the host stops.</summary>
    /// <param name="last">The id of the last event that was heard; null, or any other text, when none was.</param>
    public LiveListener? Listen(string? last)
    {
        lock (_lock)
        {
            if (_isClosed || _listeners.Count >= most)
            {
                return null;
            }
            var listener = new LiveListener(this);
            var heard = NumberOf(last);
            // What is no longer known cannot be told again: the whole picture makes up for it.
            var missed = heard is { } number && number >= _forgotten && number <= _number ? _notices.Where(notice => notice.Number > number) : [];
            foreach (var live in _snapshot is { } snapshot ? missed.Append(snapshot) : missed)
            {
                listener.Offer(live.Text(epoch));
            }
            _listeners.Add(listener);
            return listener;
        }
    }

    /// <summary>Ends every stream, and lets no other begin.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var listener in _listeners)
            {
                listener.End();
            }
        }
    }

    internal void Forget(LiveListener listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener);
        }
    }

    private void Send(string name, string data, Action<LiveEvent> keep)
    {
        lock (_lock)
        {
            var live = new LiveEvent(++_number, name, data);
            keep(live);
            var text = live.Text(epoch);
            _listeners.RemoveWhere(listener => !listener.Offer(text));
        }
    }

    private long? NumberOf(string? id) =>
        id is { Length: < 64 } && id.StartsWith(epoch + "-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(epoch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
