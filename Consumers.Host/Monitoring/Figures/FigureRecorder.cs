using Consumers.Core;

namespace Consumers.Host.Monitoring.Figures;

/// <summary>Writes down every few seconds what this process did, for the charts. A process that is killed loses the last seconds of these figures, and nothing else.</summary>
internal sealed partial class FigureRecorder(PipelineStats stats, ThroughputProbe probe, IFigureStore store, InstanceIdentity identity, TimeProvider time, ILogger<FigureRecorder> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<TimeSpan, TimeSpan> Keep = FigureRange.All.ToDictionary(range => range.Step, range => range.Length + (2 * range.Step));

    private readonly FigureBook _book = new(identity.RunId);
    private Task _writing = Task.CompletedTask;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var bounded = new CancellationTokenSource(LastWrite, time);
        Look();
        // A ledger that is away may keep the writer for ever; the figures are not worth waiting for.
        await Task.WhenAny(SaveAsync(bounded.Token), Task.Delay(LastWrite, time, CancellationToken.None));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
                // Meanwhile it is looked at further: a ledger that is away loses no figures.
                if (_book.IsDue && _writing.IsCompleted)
                {
                    _writing = SaveAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Look()
    {
        lock (_book)
        {
            _book.Add(time.GetUtcNow(), FigureTotals.Of(stats), stats.All.Sum(module => module.Running), probe.Current?.Waiting);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<FigureRow> rows;
            lock (_book)
            {
                rows = _book.Unsaved;
            }
            await store.WriteAsync(rows, Keep, cancellationToken);
            lock (_book)
            {
                _book.Saved(rows);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // A figure for people is no reason to stop consuming; the rows wait for the next time.
            Log.NotWritten(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The figures of the last seconds could not be written; they are tried again")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
