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
    long Failed);
