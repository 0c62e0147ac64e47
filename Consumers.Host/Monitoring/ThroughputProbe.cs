using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Monitoring;

/// <summary>
/// Reads the counters and the brokers' depths once a second and keeps a minute of them. The counters are the fleet's, not this process's: the ledger's, and the fleet's own for modules that write no rows.
/// </summary>
internal sealed partial class ThroughputProbe(LedgerReads ledger, CountReads counters, IEnumerable<ITaskTransport> transports, TimeProvider time, ILogger<ThroughputProbe> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private static readonly Known<IReadOnlyDictionary<string, TaskCounts>> NoOthers = new(new Dictionary<string, TaskCounts>(), null);

    private readonly ITaskTransport[] _transports = [.. transports];
    private readonly Queue<ThroughputSample> _samples = new();
    private readonly Lock _lock = new();

    /// <summary>Readings are compared with one another only: a clock that is set must not part them.</summary>
    private readonly SteadyTime _steady = new(time);

    /// <summary>Null while it is unknown.</summary>
    public Throughput? Current
    {
        get
        {
            lock (_lock)
            {
                // Readings that stopped coming say nothing of now.
                return _samples.Count > 0 && _steady.GetUtcNow() - _samples.Last().At < 5 * Interval ? Throughput.From([.. _samples]) : null;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SampleAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>A figure for people is no reason to stop consuming.</summary>
    private async Task SampleAsync(CancellationToken stopping)
    {
        try
        {
            var counts = await ledger.CountAsync(null, stopping);
            var others = _transports.All(transport => transport.KeepsRows) ? NoOthers : await counters.CountsAsync(stopping);
            if (counts.IsKnown && others.IsKnown)
            {
                Keep(new ThroughputSample(
                    _steady.GetUtcNow(),
                    counts.Value.GetValueOrDefault(TaskState.Completed) + others.Value.Values.Sum(of => of.Processed),
                    counts.Value.GetValueOrDefault(TaskState.Failed) + others.Value.Values.Sum(of => of.Failed),
                    await WaitingAsync(stopping)));
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            Log.NoSample(logger, e);
        }
    }

    private async Task<long?> WaitingAsync(CancellationToken cancellationToken)
    {
        long sum = 0;
        foreach (var transport in _transports)
        {
            try
            {
                var snapshot = await transport.SnapshotAsync(cancellationToken);
                if (StatsView.SumOf(snapshot, "work", queue => queue.Ready) is not { } ready)
                {
                    return null;
                }
                sum += ready;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                Log.CannotSample(logger, transport.Module, e);
                return null;
            }
        }
        return sum;
    }

    private void Keep(ThroughputSample sample)
    {
        lock (_lock)
        {
            _samples.Enqueue(sample);
            while (sample.At - _samples.Peek().At > Window)
            {
                _samples.Dequeue();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not read the depth of module {Module}'s queues")]
        public static partial void CannotSample(ILogger logger, string module, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Could not take a sample of the throughput")]
        public static partial void NoSample(ILogger logger, Exception exception);
    }
}
