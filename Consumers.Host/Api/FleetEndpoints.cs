using Consumers.Core;
using Consumers.Host.Health;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Balancing;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Host.Api;

internal static class FleetEndpoints
{
    private const int RestartsShown = 20;

    public static async Task<FleetView> GetAsync(HttpContext context, FleetWatch watch, LedgerReads ledger, ThroughputProbe probe, FleetProbe fleet, IPauses pauses, BalanceProbe balance, IReceipts receipts)
    {
        var instances = await watch.InstancesAsync(context.RequestAborted);
        var counts = await ledger.CountAsync(null, context.RequestAborted);
        var throughput = probe.Current;
        return new FleetView(
            instances.Value,
            [.. watch.Dependencies.Select(check => ReadyCheck.Of(check, mayKnowWhy: true))],
            [.. pauses.Current.All.Select(PauseView.From).OrderBy(pause => pause.Module, StringComparer.Ordinal).ThenBy(pause => pause.Type, StringComparer.Ordinal)],
            counts.Value?.ToDictionary(pair => pair.Key.ToWire().ToLowerInvariant(), pair => pair.Value),
            throughput?.CompletedPerSecond,
            throughput?.FailedPerSecond,
            throughput?.Waiting,
            throughput is { Drain.After: { } after } ? (long)after.TotalMilliseconds : null,
            fleet.Fleet.Instances?.Where(load => load.PerSecond is not null).GroupBy(load => load.Report.Name).ToDictionary(loads => loads.Key, loads => loads.Last().PerSecond!.Value),
            watch.Transport(ModuleSwitches.Scaling) is null ? null : SharingView.From(fleet.Sharing))
        {
            Balance = balance.Balances,
            Restarts = (await ledger.ReadAsync("receipts", async token => await receipts.ListAsync(RestartsShown, token), context.RequestAborted)).Value?.Select(RestartView.From).ToArray(),
        };
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
    SharingView? Scaling)
{
    /// <summary>Whether every task of a module is somewhere; null while this host has not looked yet.</summary>
    public IReadOnlyList<Balance>? Balance { get; init; }

    /// <summary>The last processes that ended, the latest first, each with what became of what it had in flight; null when the ledger did not answer.</summary>
    public IReadOnlyList<RestartView>? Restarts { get; init; }
}

/// <summary>How a process ended.</summary>
/// <param name="StoppingAt">Null for one that was not asked: it died.</param>
/// <param name="EndedAt">Of one that died: when it was seen last.</param>
/// <param name="DrainedMs">From being told to stop to the end; null for one that died.</param>
/// <param name="TakenOver">Attempts that it left begun, and that an instance has begun again since.</param>
/// <param name="Redelivered">Deliveries that its end caused, as far as that is known.</param>
/// <param name="Tasks">Those that it did not finish; at most 20 are named.</param>
internal sealed record RestartView(
    string Name,
    string Host,
    int Pid,
    string Reason,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppingAt,
    DateTimeOffset EndedAt,
    long? DrainedMs,
    int InFlight,
    int Finished,
    int HandedBack,
    int Abandoned,
    int TakenOver,
    int Redelivered,
    IReadOnlyList<UnfinishedTask> Tasks)
{
    public static RestartView From(InstanceReceipt restart) => new(
        restart.Name, restart.Host, restart.Pid, restart.Receipt.Reason, restart.StartedAt, restart.Receipt.StoppingAt, restart.Receipt.EndedAt, (long?)restart.Receipt.DrainedFor?.TotalMilliseconds,
        restart.Receipt.InFlight, restart.Receipt.Finished, restart.Receipt.HandedBack, restart.Receipt.Abandoned, restart.TakenOver, restart.Redelivered, restart.Receipt.Tasks);
}
