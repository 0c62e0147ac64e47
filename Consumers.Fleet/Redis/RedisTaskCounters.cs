using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>
/// The counters in Redis. An entry goes on its way when it is told, many at once and awaited by nobody who has work to do; while Redis is away entries wait here, bounded.
/// What this process has counted is known here as well: each heartbeat raises a counter that has fallen behind it, as after a flush.
/// </summary>
internal sealed class RedisTaskCounters : ITaskCounters, ITaskCountReader
{
    private const int MostInFlight = 4096;

    private readonly RedisLink _link;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly CountCall _calls;
    private readonly Lock _lock = new();
    private readonly Queue<CountEntry> _waiting = new();
    private readonly long[] _own = new long[CounterValues.Count];
    private long[]? _before;
    private DateTimeOffset? _waitsSince;
    private int _inFlight;
    private long _dropped;
    private long _lastNumber;

    public RedisTaskCounters(RedisLink link, RedisOptions options, InstanceIdentity identity, TimeProvider time)
    {
        (_link, _options, _time) = (link, options, time);
        _calls = new CountCall(identity.Name, identity.RunId, options.Remember);
        link.Answered += Pump;
    }

    public CountsBehind? Behind
    {
        get
        {
            lock (_lock)
            {
                return _waitsSince is { } since ? new CountsBehind(since, _waiting.Count, _dropped, _link.IsUp ? "Redis is catching up" : _link.WhyDown) : null;
            }
        }
    }

    public void Queued(string taskId)
    {
        // A publisher's process has no heartbeat that would have started it.
        _link.Start();
        Tell(new CountEntry(CountEntryKind.Queued, new AttemptKey(taskId, 1, 0)));
    }

    public void Began(AttemptKey key) => Tell(BeginOf(key));

    public void HandedBack(AttemptKey key) => Tell(new CountEntry(CountEntryKind.HandedBack, key));

    public void Ended(AttemptKey key, CountedAs counted, TimeSpan busy) => Tell(EndOf(key, counted, busy));

    /// <summary>To be told, by whoever asks for it.</summary>
    public static CountEntry BeginOf(AttemptKey key) => new(CountEntryKind.Began, key);

    /// <summary>To be told, by whoever asks for it.</summary>
    public CountEntry EndOf(AttemptKey key, CountedAs counted, TimeSpan busy) =>
        new(CountEntryKind.Ended, key, counted, (long)busy.TotalMilliseconds, Interlocked.Increment(ref _lastNumber));

    public void Duplicate(AttemptKey key, CountedAs? counted)
    {
        // Without a key that makes it once, it is only counted here: the next heartbeat carries it.
        Interlocked.Increment(ref _own[CounterValues.Duplicates]);
        if (counted is { } settled)
        {
            Ended(key, settled, TimeSpan.Zero);
        }
    }

    public void Rejected() => Interlocked.Increment(ref _own[CounterValues.Dead]);

    public async ValueTask<IReadOnlyDictionary<string, TaskCounts>> CountsAsync(CancellationToken cancellationToken)
    {
        var rows = (RedisResult[])(await _link.RunAsync(RedisScripts.Counts, [RedisKeys.Instances], []).WaitAsync(cancellationToken))!;
        var counts = new Dictionary<string, TaskCounts>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var values = (RedisValue[])row!;
            counts[(string)values[0]!] = CounterValues.ToCounts(values.AsSpan(1));
        }
        return counts;
    }

    public async ValueTask<TaskState?> StatusAsync(string taskId, CancellationToken cancellationToken)
    {
        var answer = (RedisValue[])(await _link.RunAsync(RedisScripts.Read, [RedisKeys.Status(taskId)], []).WaitAsync(cancellationToken))!;
        return TaskStateNames.FromWire(answer[0]);
    }

    /// <summary>What each counter must be at least; null until it is known what they were before this process.</summary>
    public long[]? Floors()
    {
        lock (_lock)
        {
            return _before is null ? null : [.. _before.Select((value, i) => value + Volatile.Read(ref _own[i]))];
        }
    }

    /// <summary>Told by the first heartbeat, before this process has counted anything there.</summary>
    public void Learn(long[] counters)
    {
        lock (_lock)
        {
            _before ??= counters;
        }
    }

    /// <summary>Waits until all that was told is counted, but no longer than this.</summary>
    public async Task FlushAsync(TimeSpan atMost)
    {
        var began = _time.GetTimestamp();
        while (!IsIdle() && _time.GetElapsedTime(began) < atMost)
        {
            Pump();
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, CancellationToken.None);
        }
    }

    private bool IsIdle()
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && _inFlight == 0;
        }
    }

    /// <summary>Sends an entry now, or keeps it until it can be sent.</summary>
    public void Tell(CountEntry entry)
    {
        lock (_lock)
        {
            if (!_link.IsUp || _waiting.Count > 0 || _inFlight >= MostInFlight)
            {
                Keep(entry);
                return;
            }
            _inFlight++;
        }
        _ = SendAsync(entry);
    }

    /// <summary>Called under the lock.</summary>
    private void Keep(CountEntry entry)
    {
        // Only worth telling at once: the outcome says more.
        if (entry.Kind == CountEntryKind.Began)
        {
            return;
        }
        _waitsSince ??= _time.GetUtcNow();
        if (_waiting.Count < _options.Buffer)
        {
            _waiting.Enqueue(entry);
            return;
        }
        _dropped++;
        if (entry.Kind == CountEntryKind.Ended)
        {
            Own(entry);
        }
    }

    /// <summary>Redis has counted it, for this entry and no other.</summary>
    public void Counted(CountEntry entry)
    {
        Own(entry);
        if (Sabotage.Is(Sabotage.CountTwice))
        {
            Own(entry);
        }
    }

    private void Own(CountEntry entry)
    {
        foreach (var counter in CounterValues.Of(entry.Counted))
        {
            Interlocked.Increment(ref _own[counter]);
        }
        Interlocked.Add(ref _own[CounterValues.BusyMs], entry.BusyMs);
    }

    /// <summary>Sends what waits, as much at once as may be under way.</summary>
    private void Pump()
    {
        while (true)
        {
            CountEntry? entry;
            lock (_lock)
            {
                if (!_link.IsUp || _inFlight >= MostInFlight)
                {
                    return;
                }
                if (!_waiting.TryDequeue(out entry))
                {
                    (_waitsSince, _dropped) = _inFlight == 0 ? (null, 0) : (_waitsSince, _dropped);
                    return;
                }
                _inFlight++;
            }
            _ = SendAsync(entry);
        }
    }

    /// <summary>Never throws.</summary>
    private async Task SendAsync(CountEntry entry)
    {
        var failed = false;
        try
        {
            await SendOneAsync(entry).ConfigureAwait(false);
        }
        catch (FleetUnavailableException)
        {
            failed = true;
        }
        bool more;
        lock (_lock)
        {
            _inFlight--;
            if (failed)
            {
                Keep(entry);
            }
            more = _waiting.Count > 0 || _waitsSince is not null;
        }
        if (more)
        {
            Pump();
        }
    }

    private async Task SendOneAsync(CountEntry entry)
    {
        var (script, keys, arguments) = _calls.Alone(entry);
        var answer = await _link.RunAsync(script, keys, arguments).ConfigureAwait(false);
        if (entry.Kind == CountEntryKind.Ended && (long)answer == 1)
        {
            Counted(entry);
        }
    }
}
