using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Hosting;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>Reads the fleet's reports and the depth of the scaling module's queue once a second, and keeps a minute of them.</summary>
internal sealed partial class FleetProbe(FleetWatch watch, TimeProvider time, ILogger<FleetProbe> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SteadyTime _steady = new(time);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, InstanceTrack> _tracks = new(StringComparer.Ordinal);
    private readonly List<DepthSample> _depths = [];
    private string? _whyUnknown = "this host has just started";

    /// <summary>Every instance, and its share of the tasks of all modules.</summary>
    public FleetPicture Fleet
    {
        get
        {
            lock (_lock)
            {
                return Picture(null, load => load.PerSecond);
            }
        }
    }

    /// <summary>The scaling module in the fleet.</summary>
    public SharingPicture Sharing
    {
        get
        {
            lock (_lock)
            {
                var fleet = Picture(ModuleSwitches.Scaling, load => load.Module?.PerSecond);
                var own = fleet with { Instances = fleet.Instances?.Where(load => Runs(load.Report)).ToArray() };
                // Readings that stopped coming say nothing of now.
                var depths = _depths.Count > 0 && _steady.GetUtcNow() - _depths[^1].At < 5 * Interval ? _depths : [];
                return new(own, QueueFlow.Of(depths, own.Instances ?? []), own.Instances is { } known ? Fairness.Of(known) : new(null, $"Unknown: {fleet.WhyUnknown}."));
            }
        }
    }

    /// <summary>One reading; the loop calls it every second.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var reports = await watch.InstancesAsync(cancellationToken);
        DepthSample? depth = null;
        if (watch.Transport(ModuleSwitches.Scaling) is { } transport)
        {
            try
            {
                depth = new(_steady.GetUtcNow(), StatsView.SumOf(await transport.SnapshotAsync(cancellationToken), "work", queue => queue.Ready));
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                Log.CannotSample(logger, e);
            }
        }
        var now = _steady.GetUtcNow();
        lock (_lock)
        {
            Keep(reports, now);
            if (depth is not null)
            {
                _depths.Add(depth);
                _depths.RemoveAll(old => now - old.At > InstanceTrack.Window);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    // A figure for people is no reason to stop consuming.
                    Log.NotSeen(logger, e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Keep(Known<IReadOnlyList<InstanceReport>> reports, DateTimeOffset now)
    {
        _whyUnknown = reports.WhyUnknown;
        if (!reports.IsKnown)
        {
            return;
        }
        foreach (var report in reports.Value)
        {
            if (_tracks.TryGetValue(report.RunId, out var track))
            {
                track.Add(report, now);
            }
            else
            {
                _tracks[report.RunId] = new InstanceTrack(report, now);
            }
        }
        // A name that is listed again belongs to a new process, and what is not listed is forgotten.
        foreach (var gone in _tracks.Keys.Except(reports.Value.Select(report => report.RunId)).ToArray())
        {
            _tracks.Remove(gone);
        }
    }

    private FleetPicture Picture(string? module, Func<InstanceLoad, double?> rate) => _whyUnknown is not null
        ? new(null, _whyUnknown)
        : FleetPicture.Of(InstanceLoad.From(_tracks.Values, module, _steady.GetUtcNow()), rate);

    private static bool Runs(InstanceReport report) => report.Modules.Split(',').Contains(ModuleSwitches.Scaling);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not read the depth of the scaling module's queue")]
        public static partial void CannotSample(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Could not look at the fleet")]
        public static partial void NotSeen(ILogger logger, Exception exception);
    }
}
