using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Monitoring.Findings;

namespace Consumers.Host.Live;

/// <summary>
/// Looks at the fleet twice a second while a page listens, else once in two, and tells what it sees. So a page gets two snapshots a second at most, however much happens, and none while nothing does.
/// </summary>
internal sealed partial class LiveLoop(FleetLook look, LiveHub hub, DrainSignals drain, TimeProvider time, ILogger<LiveLoop> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Watched = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Unwatched = TimeSpan.FromSeconds(2);

    /// <summary>So often at least, that a page knows the stream to be alive.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(10);

    /// <summary>What starts meanwhile is not looked at, and needs the processor.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    private const int NoticesShown = 8;

    private readonly long _began = time.GetTimestamp();

    private FleetNow? _last;
    private LiveSnapshot? _sent;
    private long _sentAt;
    private volatile IReadOnlyList<Notice> _recent = [];

    /// <summary>The last ones, newest first.</summary>
    public IReadOnlyList<Notice> Recent => _recent;

    /// <summary>When nothing runs any more: the server waits for open streams, and would wait for ever.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        hub.Close();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(FirstLook, time, stoppingToken);
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    Tell(await look.NowAsync(stoppingToken));
                }
                catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    // What is only shown to people is no reason to stop consuming.
                    Log.NotSeen(logger, e);
                }
                await Task.Delay(hub.Listeners > 0 || drain.Draining.IsCancellationRequested ? Watched : Unwatched, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    internal void Tell(FleetNow now)
    {
        foreach (var notice in Notices.Between(_last, now, time.GetElapsedTime(_began) < Starting))
        {
            _recent = [notice, .. _recent.Take(NoticesShown - 1)];
            hub.Notice(JsonSerializer.Serialize(notice, LiveSnapshot.Json));
        }
        _last = now;
        var snapshot = LiveSnapshot.Of(now);
        if (_sent is null || !IsSame(_sent, snapshot) || time.GetElapsedTime(_sentAt) >= Silence)
        {
            (_sent, _sentAt) = (snapshot, time.GetTimestamp());
            hub.Snapshot(snapshot.ToJson());
        }
    }

    private static bool IsSame(LiveSnapshot one, LiveSnapshot other) =>
        one with { At = other.At, Figures = other.Figures } == other && one.Figures.All(figure => other.Figures[figure.Key] == figure.Value);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not look at the fleet for its pages")]
        public static partial void NotSeen(ILogger logger, Exception exception);
    }
}
