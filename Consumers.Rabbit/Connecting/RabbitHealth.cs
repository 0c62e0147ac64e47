using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>The broker's state as pages and health checks show it: the worst of the module's connections.</summary>
internal sealed class RabbitHealth(string name, string address, TimeProvider time) : IDependency
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, DependencyState> _parts = [];
    private volatile DependencyState _state = new(name, DependencyHealth.Down, time.GetUtcNow(), $"Not connected yet to {address}.");

    public string Address => address;

    public DependencyState State => _state;

    /// <summary>The page goes on without a broker; a host that has nothing else to do decides for itself.</summary>
    public bool IsVital => false;

    public void Up(string purpose) => Set(purpose, DependencyHealth.Up, $"Connected to {address}.");

    public void Blocked(string purpose, string reason) => Set(purpose, DependencyHealth.Degraded,
        $"{address} takes no messages for now ({reason}); running tasks go on, and retries and dead letters wait. Free memory or disk space on the broker.");

    public void Down(string purpose, ConnectFailure failure) => Set(purpose, DependencyHealth.Down,
        $"No connection for {purpose} to {address}: {failure.Reason}. {failure.Advice}");

    public void SwitchedOff() => _state = new(name, DependencyHealth.Up, time.GetUtcNow(), "Switched off by configuration.");

    private void Set(string purpose, DependencyHealth health, string description)
    {
        lock (_lock)
        {
            // The time tells how long it has been this way, so a second failure of the same kind does not move it.
            var since = _parts.TryGetValue(purpose, out var before) && before.Health == health ? before.Since : time.GetUtcNow();
            _parts[purpose] = new DependencyState(name, health, since, description);
            _state = _parts.Values.OrderByDescending(part => part.Health).ThenBy(part => part.Since).First();
        }
    }
}
