using Consumers.Core;

namespace Consumers.Host.Monitoring;

/// <summary>Tells the fleet every 2 s that this instance is alive and what it does, and at the end that it stopped.</summary>
internal sealed partial class InstanceReporter(
    IFleetState fleet,
    InstanceIdentity identity,
    PipelineStats stats,
    IEnumerable<ITaskTransport> transports,
    ListeningUrl listening,
    DrainSignals drain,
    TimeProvider time,
    ILogger<InstanceReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ITaskTransport[] _transports = [.. transports];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await ReportAsync(drain.Draining.IsCancellationRequested ? InstanceStates.Draining : InstanceStates.Running, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(Interval);
        try
        {
            await ReportAsync(InstanceStates.Stopped, bounded.Token);
        }
        catch (OperationCanceledException)
        {
            // The fleet notices the silence by itself.
        }
    }

    /// <summary>Whatever goes wrong is said and tried again: a report for people is no reason to stop consuming.</summary>
    private async Task ReportAsync(string state, CancellationToken cancellationToken)
    {
        try
        {
            await fleet.ReportAsync(Report(state), cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.CannotReport(logger, e.Message);
        }
    }

    private InstanceReport Report(string state) =>
        new(
            identity.Name,
            identity.RunId,
            identity.Host,
            identity.Pid,
            InstanceIdentity.Version,
            string.Join(',', _transports.Select(transport => transport.Module)),
            listening.Value,
            identity.StartedAt,
            time.GetUtcNow(),
            state,
            stats.All.Sum(module => module.Running),
            stats.All.Sum(module => module.Completed),
            stats.All.Sum(module => module.Dead))
        {
            ByModule = [.. _transports.Select(Report)],
        };

    private ModuleReport Report(ITaskTransport transport)
    {
        var (module, lanes) = (stats.For(transport.Module), transport.Lanes);
        return new ModuleReport(
            transport.Module,
            // The lanes of a module share its slots.
            lanes.Count == 0 ? 0 : lanes.Max(lane => lane.Limit),
            lanes.Sum(lane => lane.Prefetch),
            lanes.Sum(lane => lane.Unacked),
            module.Running,
            module.Totals,
            module.LongestRunning(ModuleReport.TasksShown))
        {
            LastError = module.LastError,
            Dropped = module.Dropped,
            Abandoned = module.Abandoned,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not tell the fleet of this instance, trying again: {Why}")]
        public static partial void CannotReport(ILogger logger, string why);
    }
}
