using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Kafka's state as pages and health checks show it: what the broker says, then what is wrong with the topics.</summary>
internal sealed class KafkaHealth(TimeProvider time) : IDependency
{
    private const string Name = "Kafka";

    private readonly Lock _lock = new();
    private string _address = "";
    private string? _topics;
    private bool _wasUp;
    private volatile DependencyState _state = new(Name, DependencyHealth.Down, time.GetUtcNow(), "Not connected yet.");

    public DependencyState State => _state;

    /// <summary>The page goes on without a broker; a host that has nothing else to do decides for itself.</summary>
    public bool IsVital => false;

    public void At(string address) => _address = address;

    public void Up()
    {
        lock (_lock)
        {
            if (_wasUp && _state.Health == DependencyHealth.Down)
            {
                TaskTelemetry.Reconnects.Add(1, new KeyValuePair<string, object?>("consumers.dependency", "kafka"));
            }
            _wasUp = true;
            Set(_topics is null ? DependencyHealth.Up : DependencyHealth.Degraded, _topics ?? $"Connected to {_address}.");
        }
    }

    public void Down(string reason)
    {
        lock (_lock)
        {
            Set(DependencyHealth.Down, $"No connection to {_address}: {reason}. Start Kafka there, or set KAFKA_BOOTSTRAP_SERVERS to where it is; what runs goes on, and what it owes waits.");
        }
    }

    /// <summary>Topics that exist and are not as they should be; null when they are.</summary>
    public void Topics(string? wrong)
    {
        lock (_lock)
        {
            _topics = wrong;
        }
    }

    public void Failed(string reason)
    {
        lock (_lock)
        {
            Set(DependencyHealth.Down, reason);
        }
    }

    public void SwitchedOff() => _state = new(Name, DependencyHealth.Up, time.GetUtcNow(), "Switched off by configuration.");

    private void Set(DependencyHealth health, string description)
    {
        // The time tells how long it has been this way, so a second failure of the same kind does not move it.
        var since = _state.Health == health ? _state.Since : time.GetUtcNow();
        _state = new DependencyState(Name, health, since, description);
    }
}
