using System.Globalization;
using Consumers.Core;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>
/// The fleet's register in Redis: takes this instance's name before any module starts, keeps it with a heartbeat, and marks it stopped after all modules have ended.
/// A second live process of the name is refused, at the start or whenever Redis is back to say so.
/// </summary>
internal sealed partial class RedisRegister : IFleetState
{
    /// <summary>What began in the name of a run that has not been heard of for this long may be taken over.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>How long an instance that is gone is listed.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(1);

    /// <summary>How long its name and its counters are found.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>How long the start waits for Redis before it goes on without.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What kept us from a heartbeat for longer may have kept others as well.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(6);

    private readonly RedisLink _link;
    private readonly RedisTaskCounters _counters;
    private readonly InstanceIdentity _self;
    private readonly HostIdentity _host;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisKey[] _keys;
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<InstanceNameTakenException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile InstanceReport _report;
    private (string Run, string Beat, long Since)? _waitsFor;
    private long _beats;
    private long _lastBeat;
    private long _steadySince;

    public RedisRegister(RedisLink link, RedisTaskCounters counters, InstanceIdentity self, HostIdentity host, TimeProvider time, ILogger<RedisRegister> logger)
    {
        (_link, _counters, _self, _host, _time, _logger) = (link, counters, self, host, time, logger);
        _keys = [RedisKeys.Instance(self.Name), RedisKeys.Instances, RedisKeys.Run(self.RunId), .. RedisKeys.Stats(self.Name)];
        _report = new InstanceReport(
            self.Name, self.RunId, self.Host, self.Pid, InstanceIdentity.Version, "", null, self.StartedAt, self.StartedAt, InstanceStates.Running, 0, 0, 0);
    }

    /// <summary>False in a process that only publishes: it is no instance of the fleet.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Since when, by this process's own clock, its heartbeats have been answered without a gap: for as long it could have seen others renew. Null while there is a gap.</summary>
    public long? SteadySince =>
        _registered.Task.IsCompleted && _time.GetElapsedTime(Interlocked.Read(ref _lastBeat)) < Gap ? Interlocked.Read(ref _steadySince) : null;

    /// <summary>Kept in memory and told by the next heartbeat, which is now.</summary>
    public ValueTask ReportAsync(InstanceReport report, CancellationToken cancellationToken)
    {
        _report = report;
        if (_link.IsUp)
        {
            _link.Wake();
        }
        return ValueTask.CompletedTask;
    }

    public async ValueTask<IReadOnlyList<InstanceReport>> ListAsync(CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await _link.RunAsync(RedisScripts.List, [RedisKeys.Instances], [(long)Lately.TotalMilliseconds]).WaitAsync(cancellationToken))!;
        var now = long.Parse((string)answer[0]!, CultureInfo.InvariantCulture);
        return [.. answer.Skip(1).Select(row => InstanceFields.Read((RedisValue[])row!, now, Lease, _host)).OrderBy(instance => instance.Name, StringComparer.Ordinal)];
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        IsStarted = true;
        _link.Probe = BeatAsync;
        _link.Start();
        var began = _time.GetTimestamp();
        while (!_registered.Task.IsCompleted)
        {
            if (_refused.Task.IsCompleted)
            {
                throw await _refused.Task;
            }
            // A name that waits for its last owner's lease is worth waiting for; a Redis that is away is not.
            if (_waitsFor is null && _time.GetElapsedTime(began) > Patience)
            {
                Log.StartsWithout(_logger, _link.WhyDown);
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken);
        }
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _counters.FlushAsync(_link.IsUp ? TimeSpan.FromSeconds(2) : TimeSpan.Zero);
        if (_counters.Behind is { } behind)
        {
            Log.NotCounted(_logger, behind.Buffered);
        }
        try
        {
            // The last totals go with it. Away, the lease runs out by itself.
            if (_link.IsUp && _registered.Task.IsCompleted && !_refused.Task.IsCompleted)
            {
                await BeatAsync(cancellationToken);
                var report = _report with { State = InstanceStates.Stopped, Running = 0, ByModule = [] };
                await _link.RunAsync(RedisScripts.Stop, [_keys[0], _keys[2]], [_self.RunId, (long)Kept.TotalMilliseconds, .. InstanceFields.Write(report, _host)]);
            }
        }
        catch (Exception e) when (e is FleetUnavailableException or RedisException or TimeoutException)
        {
            Log.NotMarked(_logger, _self.Name);
        }
        await _link.DisposeAsync();
    }

    /// <summary>Ends when it is cancelled, or with an exception when the name turns out to be another's.</summary>
    public async Task UntilRefusedAsync(CancellationToken stoppingToken)
    {
        await ((Task)_refused.Task).WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_refused.Task.IsCompleted)
        {
            var refused = await _refused.Task;
            Log.Refused(_logger, refused.Message);
            throw refused;
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var answer = await SendBeatAsync("");
        if (answer[0] == "taken")
        {
            var (run, host, pid) = ((string)answer[1]!, (string)answer[2]!, (int)CounterValues.Read(answer[3]));
            var (machine, start) = ((string)answer[4]!, CounterValues.Read(answer[5]));
            if (!_host.IsGone(machine, pid, start))
            {
                if (!Outwaits(run, host, pid, _host.IsRunning(machine, pid, start), (string)answer[6]!))
                {
                    return;
                }
            }
            answer = await SendBeatAsync(run);
            if (answer[0] == "taken")
            {
                // Somebody was faster; the next heartbeat finds out who.
                return;
            }
        }
        _counters.Learn([.. answer.Skip(1).Select(CounterValues.Read)]);
        var now = _time.GetTimestamp();
        if (!_registered.Task.IsCompleted || _time.GetElapsedTime(Interlocked.Read(ref _lastBeat), now) > Gap)
        {
            Interlocked.Exchange(ref _steadySince, now);
        }
        Interlocked.Exchange(ref _lastBeat, now);
        _waitsFor = null;
        _registered.TrySetResult();
    }

    private async Task<RedisValue[]> SendBeatAsync(string replaces)
    {
        var floors = _counters.Floors();
        RedisValue[] arguments =
        [
            _self.Name,
            _self.RunId,
            (long)Lease.TotalMilliseconds,
            replaces,
            string.Create(CultureInfo.InvariantCulture, $"{_self.Pid} {_host.ProcessStart} {++_beats} {_host.Value}"),
            (long)Kept.TotalMilliseconds,
            .. Enumerable.Range(0, CounterValues.Count).Select(i => floors is null ? RedisValue.EmptyString : floors[i]),
            .. InstanceFields.Write(_report, _host),
        ];
        return (RedisValue[])(await _link.SendAsync(RedisScripts.Beat, _keys, arguments))!;
    }

    /// <summary>
    /// The name is another's whose lease holds. It is refused when that process is known to live, or renews. True when it has stayed as it is for a whole lease by our own clock:
    /// Redis's may have been put back.
    /// </summary>
    private bool Outwaits(string run, string host, int pid, bool isRunning, string beat)
    {
        var before = _waitsFor is { } waits && waits.Run == run ? _waitsFor : null;
        if (isRunning || (before is { } seen && seen.Beat != beat))
        {
            _refused.TrySetResult(new InstanceNameTakenException(_self.Name, host, pid));
            return false;
        }
        if (before is { } same)
        {
            return _time.GetElapsedTime(same.Since) >= Lease;
        }
        Log.Waiting(_logger, _self.Name, pid, host);
        _waitsFor = (run, beat, _time.GetTimestamp());
        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "This instance starts without Redis, so nobody checks that its name is unique, and others do not see it: {Why}")]
        public static partial void StartsWithout(ILogger logger, string why);

        [LoggerMessage(2, LogLevel.Information, "Process {Pid} on {Host} had the name {Name} until lately; waiting for its lease to run out")]
        public static partial void Waiting(ILogger logger, string name, int pid, string host);

        [LoggerMessage(3, LogLevel.Critical, "This instance stops: {Why}")]
        public static partial void Refused(ILogger logger, string why);

        [LoggerMessage(4, LogLevel.Warning, "Redis could not note that {Name} has stopped; its lease runs out by itself")]
        public static partial void NotMarked(ILogger logger, string name);

        [LoggerMessage(5, LogLevel.Warning, "Redis was away until the end: {Tasks} tasks of this instance are not counted there")]
        public static partial void NotCounted(ILogger logger, int tasks);
    }
}
