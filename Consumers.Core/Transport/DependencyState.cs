namespace Consumers.Core;

public enum DependencyHealth
{
    Up,

    /// <summary>Works, but not as it should.</summary>
    Degraded,
    Down,
}

/// <param name="Name">For people: <c>RabbitMQ</c>, <c>ledger</c>, …</param>
/// <param name="Since">When this state began.</param>
/// <param name="Description">What is the matter and what to do; never a secret.</param>
public sealed record DependencyState(string Name, DependencyHealth Health, DateTimeOffset Since, string Description);

/// <summary>Something this host needs, whose state pages and health checks show.</summary>
public interface IDependency
{
    DependencyState State { get; }

    /// <summary>True when the host can do nothing useful without it.</summary>
    bool IsVital { get; }

    /// <summary>False for what is not configured here: nobody needs to hear of it.</summary>
    bool IsUsed => true;
}
