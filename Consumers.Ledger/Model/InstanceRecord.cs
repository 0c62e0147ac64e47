namespace Consumers.Ledger;

/// <summary>A process of the fleet and its lease.</summary>
internal sealed class InstanceRecord
{
    public required string RunId { get; set; }

    public required string Name { get; set; }

    public required string Host { get; set; }

    /// <summary>Machine, boot and process-id namespace: only within one of these does a process id say anything.</summary>
    public required string HostIdentity { get; set; }

    public int Pid { get; set; }

    /// <summary>Tells a process from a later one with the same id; 0 when the platform does not say.</summary>
    public long ProcessStart { get; set; }

    public DateTimeOffset LeaseUntil { get; set; }

    /// <summary><c>running</c>, <c>draining</c> or <c>stopped</c>.</summary>
    public required string State { get; set; }

    public required string Modules { get; set; }

    public string? Url { get; set; }

    public required string Version { get; set; }

    /// <summary>Deliveries in its hands: <c>rabbit=3,kafka=1</c>. Null in a row of an older version.</summary>
    public string? InHands { get; set; }

    public int Running { get; set; }

    public long Completed { get; set; }

    public long Failed { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset SeenAt { get; set; }
}
