using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Monitoring.Balancing;

/// <summary>Holds the ledger's counters against the brokers' depths every two seconds, for each module.</summary>
internal sealed partial class BalanceProbe(
    FleetWatch watch,
    LedgerReads ledger,
    ITaskQueries queries,
    CountReads counters,
    InstanceIdentity self,
    TimeProvider time,
    ILogger<BalanceProbe> logger) : BackgroundService
{
    /// <summary>Readings that are older than this say nothing of now.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(20);

    private readonly SteadyTime _steady = new(time);
    private readonly Dictionary<string, BalanceTrack> _tracks = new(StringComparer.Ordinal);
    private volatile Reading? _last;

    /// <summary>How long a module must not balance before that is said.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two readings.</summary>
    internal TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>One a module of this host. Null until the first reading, and when readings have stopped.</summary>
    public IReadOnlyList<Balance>? Balances => _last is { } last && _steady.GetUtcNow() - last.At < Fresh ? last.Balances : null;

    public Balance? Of(string module) => Balances?.FirstOrDefault(balance => balance.Module == module);

    /// <summary>One reading; the loop calls it.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var reports = await watch.InstancesAsync(cancellationToken);
        var balances = new List<Balance>(watch.Transports.Count);
        foreach (var transport in watch.Transports)
        {
            var balance = transport.KeepsRows ? await ReadAsync(transport, reports, cancellationToken) : await ReadWithoutRowsAsync(transport, reports, cancellationToken);
            if (balance.Standing is { } standing && Of(transport.Module)?.Standing is null)
            {
                Log.Missing(logger, transport.Module, standing.AtLeast, Patience);
            }
            else if (balance.Standing is null && Of(transport.Module)?.Standing is not null)
            {
                Log.Balances(logger, transport.Module);
            }
            balances.Add(balance);
        }
        _last = new Reading(_steady.GetUtcNow(), balances);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stoppingToken);
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
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<Balance> ReadAsync(ITaskTransport transport, Known<IReadOnlyList<InstanceReport>> reports, CancellationToken cancellationToken)
    {
        // The broker first: what the ledger says now is judged when the broker has been asked again.
        var (messages, why) = await MessagesAsync(transport, reports, cancellationToken);
        var tally = await ledger.ReadOftenAsync("what the module has", async token => await queries.TallyAsync(transport.Module, token), cancellationToken);
        if (!_tracks.TryGetValue(transport.Module, out var track))
        {
            _tracks[transport.Module] = track = new BalanceTrack(transport.Module);
        }
        track.Patience = Patience;
        return track.Add(_steady.GetUtcNow(), time.GetUtcNow(), messages, tally.Value, why ?? tally.WhyUnknown);
    }

    private async Task<(long? Messages, string? Why)> MessagesAsync(ITaskTransport transport, Known<IReadOnlyList<InstanceReport>> reports, CancellationToken cancellationToken)
    {
        if (await WaitingAsync(transport, cancellationToken) is not { } waiting)
        {
            return (null, "the broker does not say how many messages wait");
        }
        if (transport.DepthsCountInHands)
        {
            return (waiting, null);
        }
        if (!reports.IsKnown)
        {
            return (null, reports.WhyUnknown);
        }
        var inHands = InHands.Of(transport.Module, reports.Value, self.RunId, transport.Lanes.Sum(lane => lane.Unacked), time.GetUtcNow(), out var why);
        return (waiting + inHands, why);
    }

    private async Task<Balance> ReadWithoutRowsAsync(ITaskTransport transport, Known<IReadOnlyList<InstanceReport>> reports, CancellationToken cancellationToken)
    {
        var counts = (await counters.CountsAsync(cancellationToken)).Value;
        var members = reports.Value?.Where(report => report.State is InstanceStates.Running or InstanceStates.Draining && report.Modules.Split(',').Contains(transport.Module)).ToArray();
        var running = members is null || members.Any(report => report.ByModule.Count == 0) ? null
            : (long?)members.Sum(report => report.ByModule.Where(module => module.Module == transport.Module).Sum(module => module.Running));
        return Balance.WithoutRows(
            transport.Module, counts?.Values.Sum(count => count.Processed), counts?.Values.Sum(count => count.Failed), await WaitingAsync(transport, cancellationToken), running);
    }

    /// <summary>In the work and the retry queues; null when the broker did not say.</summary>
    private static async Task<long?> WaitingAsync(ITaskTransport transport, CancellationToken cancellationToken)
    {
        var snapshot = await transport.SnapshotAsync(cancellationToken);
        return StatsView.SumOf(snapshot, "work", queue => queue.Ready) + StatsView.SumOf(snapshot, "retry", queue => queue.Ready);
    }

    private sealed record Reading(DateTimeOffset At, IReadOnlyList<Balance> Balances);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Module {Module} has not balanced for {Patience}: at least {Missing} tasks are unfinished and have no message. Their rows are the oldest of the states QUEUED and RETRYING")]
        public static partial void Missing(ILogger logger, string module, long missing, TimeSpan patience);

        [LoggerMessage(2, LogLevel.Information, "Module {Module} balances again")]
        public static partial void Balances(ILogger logger, string module);

        [LoggerMessage(3, LogLevel.Warning, "Could not see whether every task is somewhere")]
        public static partial void NotSeen(ILogger logger, Exception exception);
    }
}
