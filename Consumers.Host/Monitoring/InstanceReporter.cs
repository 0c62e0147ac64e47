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

    private readonly string _modules = string.Join(',', transports.Select(transport => transport.Module));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await ReportAsync(drain.Draining.IsCancellationRequested ? "draining" : "running", stoppingToken);
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
            await ReportAsync("stopped", bounded.Token);
        }
        catch (OperationCanceledException)
        {
            // The fleet notices the silence by itself.
        }
    }

    private async Task ReportAsync(string state, CancellationToken cancellationToken)
    {
        var report = new InstanceReport(
            identity.Name,
            identity.RunId,
            identity.Host,
            identity.Pid,
            InstanceIdentity.Version,
            _modules,
            listening.Value,
            identity.StartedAt,
            time.GetUtcNow(),
            state,
            stats.All.Sum(module => module.Running),
            stats.All.Sum(module => module.Completed),
            stats.All.Sum(module => module.Dead));
        try
        {
            await fleet.ReportAsync(report, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.CannotReport(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not tell the fleet of this instance, trying again: {Why}")]
        public static partial void CannotReport(ILogger logger, string why);
    }
}
