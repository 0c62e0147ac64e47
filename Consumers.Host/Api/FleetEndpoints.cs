using Consumers.Core;
using Consumers.Host.Health;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Host.Api;

internal static class FleetEndpoints
{
    public static async Task<FleetView> GetAsync(HttpContext context, FleetWatch watch, LedgerReads ledger, ThroughputProbe probe, FleetProbe fleet, IPauses pauses)
    {
        var instances = await watch.InstancesAsync(context.RequestAborted);
        var counts = await ledger.CountAsync(null, context.RequestAborted);
        var throughput = probe.Current;
        return new FleetView(
            instances.Value,
            [.. watch.Dependencies.Select(ReadyCheck.Of)],
            [.. pauses.Current.All.Select(PauseView.From).OrderBy(pause => pause.Module, StringComparer.Ordinal).ThenBy(pause => pause.Type, StringComparer.Ordinal)],
            counts.Value?.ToDictionary(pair => pair.Key.ToWire().ToLowerInvariant(), pair => pair.Value),
            throughput?.CompletedPerSecond,
            throughput?.FailedPerSecond,
            throughput?.Waiting,
            throughput is { Drain.After: { } after } ? (long)after.TotalMilliseconds : null,
            fleet.Fleet.Instances?.Where(load => load.PerSecond is not null).GroupBy(load => load.Report.Name).ToDictionary(loads => loads.Key, loads => loads.Last().PerSecond!.Value),
            watch.Transport(ModuleSwitches.Scaling) is null ? null : SharingView.From(fleet.Sharing));
    }
}

/// <param name="Instances">Null when the fleet's register did not answer.</param>
/// <param name="Pauses">Modules and task types that somebody has paused; they hold for all instances.</param>
/// <param name="Tasks">By state; null when the ledger did not answer.</param>
/// <param name="TimeToDrainMs">Null when unknown, or when the backlog does not fall.</param>
/// <param name="InstancesPerSecond">Tasks that ended in the last minute, by instance; those that have not reported for long enough are left out.</param>
/// <param name="Scaling">Null in a host without the scaling module.</param>
internal sealed record FleetView(
    IReadOnlyList<InstanceReport>? Instances,
    IReadOnlyList<ReadyCheck> Dependencies,
    IReadOnlyList<PauseView> Pauses,
    IReadOnlyDictionary<string, long>? Tasks,
    double? CompletedPerSecond,
    double? FailedPerSecond,
    long? Backlog,
    long? TimeToDrainMs,
    IReadOnlyDictionary<string, double>? InstancesPerSecond,
    SharingView? Scaling);
