using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The guard in Redis. Owners are judged by the register's leases.</summary>
internal sealed class RedisGuard : IFleetGuard, IGuardStore
{
    private readonly RedisLink _link;
    private readonly RedisRegister _register;
    private readonly RedisTaskCounters _counters;
    private readonly CountCall _calls;
    private readonly InstanceIdentity _self;
    private readonly HostIdentity _host;
    private readonly TimeProvider _time;
    private readonly GuardRepairs _repairs;
    private readonly LeaseWatch _leases;
    private volatile GuardAway[] _modules = [];

    public RedisGuard(RedisLink link, RedisRegister register, RedisTaskCounters counters, RedisOptions options, InstanceIdentity self, HostIdentity host, TimeProvider time)
    {
        (_link, _register, _counters, _self, _host, _time) = (link, register, counters, self, host, time);
        _calls = new CountCall(self.Name, self.RunId, options.Remember);
        _leases = new LeaseWatch(time);
        _repairs = new GuardRepairs(this);
        link.Answered += _repairs.Start;
    }

    /// <summary>What modules do while Redis is away; null when none has it as guard.</summary>
    public string? WhileAway => string.Join(' ', _modules.Distinct().Order().Select(away => away == GuardAway.Wait
        ? "Modules that wait for their guard begin nothing."
        : $"Modules that go on without their guard may run a task twice; {_repairs.Unguarded} attempts began so."));

    public IAttemptGuard For(GuardAway away, bool counts = false)
    {
        _modules = [.. _modules, away];
        return new FleetAttemptGuard(this, away, _repairs, counts ? _counters : null, _self, _time);
    }

    public bool IsShared => true;

    public ValueTask<SeriesRaise> RaiseAsync(string taskId, int series, CancellationToken cancellationToken) =>
        GuardedSeries.RaiseAsync(this, taskId, series, _time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);

    public async ValueTask<string?> ReadAsync(string taskId, CancellationToken cancellationToken) =>
        (string?)((RedisValue[])(await _link.RunAsync(RedisScripts.Read, [RedisKeys.Guard(taskId)], []).WaitAsync(cancellationToken).ConfigureAwait(false))!)[0];

    public async ValueTask<Replacement> ReplaceAsync(string taskId, string? expected, string next, CountEntry? told, CancellationToken cancellationToken)
    {
        var (script, keys, arguments) = _calls.Replacing(taskId, expected, next, told);
        var answer = (RedisValue[])(await _link.RunAsync(script, keys, arguments).WaitAsync(cancellationToken).ConfigureAwait(false))!;
        if (answer[0] == 0)
        {
            return new Replacement(false, answer.Length > 1 ? (string?)answer[1] : null);
        }
        if (told is not null && answer[0] == 2)
        {
            _counters.Counted(told);
        }
        return new Replacement(true, next);
    }

    public async ValueTask<OwnerLife> JudgeAsync(string? owner, CancellationToken cancellationToken)
    {
        if (owner is null || owner == _self.RunId)
        {
            return OwnerLife.Alive;
        }
        var lease = (string?)((RedisValue[])(await _link.RunAsync(RedisScripts.Read, [RedisKeys.Run(owner)], []).WaitAsync(cancellationToken).ConfigureAwait(false))!)[0];
        if (lease == InstanceStates.Stopped)
        {
            return OwnerLife.Stopped;
        }
        // "pid start beat machine", as the heartbeat writes it.
        var isGone = lease?.Split(' ', 4) is [var pid, var start, _, var machine] && int.TryParse(pid, out var id) && long.TryParse(start, out var began) && _host.IsGone(machine, id, began);
        return isGone || _leases.HasRunOut(owner, lease, _register.SteadySince) ? OwnerLife.Dead : OwnerLife.Alive;
    }

    public async ValueTask SetAsideAsync(string taskId, CancellationToken cancellationToken)
    {
        try
        {
            await _link.SetAsideAsync(WrongType.SetAside, [RedisKeys.Guard(taskId)], []).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new FleetUnavailableException(_link.WhyDown, e);
        }
    }

    public async Task BackAsync(CancellationToken cancellationToken)
    {
        // An answer that was refused comes again at once; the heartbeat may be fine all the same.
        await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken).ConfigureAwait(false);
        await _link.BackAsync(cancellationToken).ConfigureAwait(false);
    }
}
