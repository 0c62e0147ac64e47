namespace Consumers.Core;

/// <summary>What the instances of a fleet know of one another.</summary>
public interface IFleetState
{
    /// <summary>Says that this instance is alive and what it does; called every few seconds.</summary>
    ValueTask ReportAsync(InstanceReport report, CancellationToken cancellationToken);

    /// <summary>Every instance that reported lately, this one included, by name.</summary>
    ValueTask<IReadOnlyList<InstanceReport>> ListAsync(CancellationToken cancellationToken);
}

/// <param name="Name">CONSUMER_ID.</param>
/// <param name="RunId">New for every process, so that a reused name never hides a dead owner.</param>
/// <param name="State"><c>running</c>, <c>draining</c>, <c>stopped</c> or <c>silent</c>.</param>
/// <param name="Running">Tasks in their handlers now.</param>
public sealed record InstanceReport(
    string Name,
    string RunId,
    string Host,
    int Pid,
    string Version,
    string Modules,
    string? Url,
    DateTimeOffset StartedAt,
    DateTimeOffset SeenAt,
    string State,
    int Running,
    long Completed,
    long Failed)
{
    /// <summary>What it does, module by module; empty where the fleet's state does not carry it.</summary>
    public IReadOnlyList<ModuleReport> ByModule { get; init; } = [];
}

/// <summary>What one module of an instance does now, and has done since its process started.</summary>
/// <param name="Limit">Tasks at once, now.</param>
/// <param name="Prefetch">Of all lanes together.</param>
/// <param name="Unacked">Deliveries in its hands.</param>
/// <param name="Running">How many handlers run; <paramref name="Tasks"/> may show fewer.</param>
/// <param name="Totals">Of this process.</param>
/// <param name="Tasks">What runs now, the longest first; at most <see cref="TasksShown"/>.</param>
public sealed record ModuleReport(
    string Module,
    int Limit,
    int Prefetch,
    int Unacked,
    int Running,
    TaskCounts Totals,
    IReadOnlyList<RunningTask> Tasks)
{
    public const int TasksShown = 20;

    /// <summary>Of the last attempt that failed in this process; null when none did.</summary>
    public TaskError? LastError { get; init; }

    /// <summary>Deliveries of this process that were neither acknowledged nor handed back in their time, and went back to the broker with their channel: a defect, whenever it is not 0.</summary>
    public long Dropped { get; init; }

    /// <summary>Handlers that ignored their cancellation and still run: they hold no slot, but whatever else they have.</summary>
    public int Abandoned { get; init; }
}

/// <summary>Why an attempt failed.</summary>
public sealed record TaskError(string TaskId, string Error, DateTimeOffset At);

/// <param name="Since">When its handler was started.</param>
public sealed record RunningTask(string Id, string Type, DateTimeOffset Since);
