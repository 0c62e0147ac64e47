using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Monitoring;
using Consumers.Kafka;

namespace Consumers.Host.Telemetry;

/// <summary>Asks brokers and ledger every other second what the gauges show, so that whoever reads those waits for nobody.</summary>
internal sealed partial class ModuleWatch(FleetWatch fleet, DeadLetterReads letters, TimeProvider time, ILogger<ModuleWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>What is older says nothing of now.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    private readonly SteadyTime _steady = new(time);
    private readonly Dictionary<string, ModuleTrack> _tracks = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ModulePicture> _pictures = [];

    /// <summary>Of the modules that were heard of lately.</summary>
    public IEnumerable<ModulePicture> Current
    {
        get
        {
            var now = _steady.GetUtcNow();
            return _pictures.Where(picture => now - picture.At < Stale);
        }
    }

    /// <summary>One look; the loop takes one every other second.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var pictures = new List<ModulePicture>();
        foreach (var transport in fleet.Transports)
        {
            try
            {
                pictures.Add(await PictureAsync(transport, cancellationToken));
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                Log.NotSeen(logger, transport.Module, e);
                pictures.AddRange(_pictures.Where(before => before.Module == transport.Module));
            }
        }
        _pictures = pictures;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<ModulePicture> PictureAsync(ITaskTransport transport, CancellationToken cancellationToken)
    {
        var snapshot = await transport.SnapshotAsync(cancellationToken);
        var partitions = transport is IKafkaWatch kafka ? (await kafka.ViewAsync(cancellationToken)).Partitions : [];
        var dead = await letters.CountAsync(transport.Module, cancellationToken);
        var now = _steady.GetUtcNow();
        if (!_tracks.TryGetValue(transport.Module, out var track))
        {
            _tracks[transport.Module] = track = new ModuleTrack();
        }
        var ready = StatsView.SumOf(snapshot, "work", queue => queue.Ready);
        track.Add(new DepthSample(now, ready));
        return new ModulePicture(transport.Module, now, snapshot, ready, track.Waiting(now), track.Drain, partitions, dead.IsKnown ? dead.Value.GetValueOrDefault(DeadLetterState.Dead) : null);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Module {Module} could not be looked at for the gauges")]
        public static partial void NotSeen(ILogger logger, string module, Exception exception);
    }

    /// <summary>The depths of the last minute.</summary>
    private sealed class ModuleTrack
    {
        private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

        private readonly List<DepthSample> _samples = [];
        private DateTimeOffset? _waitingSince;

        public DrainEstimate Drain => DrainEstimate.From(_samples);

        public void Add(DepthSample sample)
        {
            _waitingSince = sample.Waiting > 0 ? _waitingSince ?? sample.At : null;
            _samples.Add(sample);
            _samples.RemoveAll(old => sample.At - old.At > Window);
        }

        /// <summary>For how long the queue has not been seen empty.</summary>
        public TimeSpan Waiting(DateTimeOffset now) => _waitingSince is { } since ? now - since + Interval : TimeSpan.Zero;
    }
}

/// <param name="Ready">Messages that wait in the work queue; null when the broker does not say.</param>
/// <param name="Waiting">For how long the queue has not been seen empty.</param>
/// <param name="Partitions">Of the work topic; none elsewhere.</param>
/// <param name="Dead">Dead letters in the archive that nobody has replayed or discarded; null when the ledger does not say.</param>
internal sealed record ModulePicture(
    string Module, DateTimeOffset At, TransportSnapshot Snapshot, long? Ready, TimeSpan Waiting, DrainEstimate Drain, IReadOnlyList<PartitionView> Partitions, long? Dead);
