using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>Redis as pages and health checks show it. Away, it costs figures and, where it is asked for, the guard; consuming goes on.</summary>
internal sealed class RedisHealth(string address, TimeProvider time)
{
    private const string Name = "Redis";

    private volatile DependencyState _state = new(Name, DependencyHealth.Down, time.GetUtcNow(), $"Not connected yet to {address}.");

    /// <summary>False until the first try has ended.</summary>
    private volatile bool _isKnown;

    private volatile bool _wasUp;

    public string Address => address;

    /// <summary>Without what follows from it.</summary>
    public string Reason => _state.Description;

    public DependencyState State => Detail?.Invoke() is { Length: > 0 } detail ? _state with { Description = $"{_state.Description} {detail}" } : _state;

    /// <summary>What the state means for counts and guard, now.</summary>
    public Func<string?>? Detail { get; set; }

    /// <summary>Returns true when that is news.</summary>
    public bool Up() => Set(DependencyHealth.Up, $"Connected to {address}.");

    /// <summary>Returns true when that is news.</summary>
    public bool Down(RedisFailure failure) => Set(DependencyHealth.Down, $"{address} is away: {failure.Reason}. {failure.Advice}");

    private bool Set(DependencyHealth health, string description)
    {
        var before = _state;
        var isNews = before.Health != health || !_isKnown;
        if (_wasUp && health == DependencyHealth.Up && before.Health == DependencyHealth.Down)
        {
            TaskTelemetry.Reconnects.Add(1, new KeyValuePair<string, object?>("consumers.dependency", "redis"));
        }
        _wasUp |= health == DependencyHealth.Up;
        _isKnown = true;
        if (isNews || before.Description != description)
        {
            _state = new DependencyState(Name, health, before.Health == health ? before.Since : time.GetUtcNow(), description);
        }
        return isNews;
    }
}
