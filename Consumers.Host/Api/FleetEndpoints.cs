using Consumers.Core;
using Consumers.Host.Health;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Api;

internal static class FleetEndpoints
{
    public static async Task<FleetView> GetAsync(HttpContext context, FleetWatch watch, LedgerReads ledger, ThroughputProbe probe)
    {
        var instances = await watch.InstancesAsync(context.RequestAborted);
        var counts = await ledger.CountAsync(null, context.RequestAborted);
        var throughput = probe.Current;
        return new FleetView(
            instances.Value,
            [.. watch.Dependencies.Select(ReadyCheck.Of)],
            counts.Value?.ToDictionary(pair => pair.Key.ToWire().ToLowerInvariant(), pair => pair.Value),
            throughput?.CompletedPerSecond,
            throughput?.FailedPerSecond,
            throughput?.Waiting,
            throughput is { Drain.After: { } after } ? (long)after.TotalMilliseconds : null);
    }
}

/// <param name="Instances">Null when the fleet's register did not answer.</param>
/// <param name="Tasks">By state; null when the ledger did not answer.</param>
/// <param name="TimeToDrainMs">Null when unknown, or when the backlog does not fall.</param>
internal sealed record FleetView(
    IReadOnlyList<InstanceReport>? Instances,
    IReadOnlyList<ReadyCheck> Dependencies,
    IReadOnlyDictionary<string, long>? Tasks,
    double? CompletedPerSecond,
    double? FailedPerSecond,
    long? Backlog,
    long? TimeToDrainMs);
