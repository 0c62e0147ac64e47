using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Ledger;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Monitoring;

/// <summary>
/// Looks for tasks whose message is gone. It reports them and changes nothing: whoever knows what happened to the queue has them published again.
/// A task counts when it was due for <see cref="LedgerOptions.OrphanedAfter"/>, or its owner dead for as long, at a moment when the broker had nothing of its module, several looks in a row, and has not moved since.
/// </summary>
internal sealed partial class OrphanWatch(FleetWatch watch, LedgerReads reads, ITaskOrphans orphans, IOptions<LedgerOptions> options, TimeProvider time, ILogger<OrphanWatch> logger) : BackgroundService
{
    /// <summary>One look proves nothing: a quorum queue reports 0 for a while after a crash, and a message on its way is in no queue.</summary>
    private const int Looks = 3;

    public const int MostCounted = 1000;

    private readonly TimeSpan _after = options.Value.OrphanedAfter;
    private readonly Dictionary<string, int> _emptyLooks = new(StringComparer.Ordinal);
    private volatile IReadOnlyDictionary<string, OrphanFinding> _findings = new Dictionary<string, OrphanFinding>();

    private TimeSpan Interval => TimeSpan.FromSeconds(Math.Clamp(_after.TotalSeconds / 10, 0.5, 10));

    /// <summary>What was found last; null while the broker was never seen empty, so that nothing can be said.</summary>
    public OrphanFinding? Of(string module) => _findings.GetValueOrDefault(module);

    /// <summary>The tasks themselves, now; none while nothing can be said.</summary>
    public async Task<Known<IReadOnlyList<TaskRow>>> ListAsync(string module, string? id, int limit, CancellationToken cancellationToken) => Of(module) is { } finding
        ? await reads.ReadAsync("orphaned tasks", async token => await orphans.ListAsync(module, finding.Before, id, limit, token), cancellationToken)
        : new([], null);

    /// <summary>Has them published again; the answer is how many.</summary>
    /// <param name="id">Only this one; null for all of the module.</param>
    public async Task<int> PublishAgainAsync(string module, string? id, string by, CancellationToken cancellationToken)
    {
        if (Of(module) is not { } finding)
        {
            return 0;
        }
        var published = await orphans.PublishAgainAsync(module, finding.Before, id, by, cancellationToken);
        Keep(module, finding with { Count = Math.Max(0, finding.Count - published) });
        return published;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var transport in watch.Transports.Where(transport => transport.KeepsRows))
                {
                    try
                    {
                        await LookAsync(transport, stoppingToken);
                    }
                    catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                    {
                        // A figure for people is no reason to stop consuming.
                        _emptyLooks[transport.Module] = 0;
                        Log.NotSeen(logger, transport.Module, e);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync(ITaskTransport transport, CancellationToken cancellationToken)
    {
        var module = transport.Module;
        var before = time.GetUtcNow() - _after;
        _emptyLooks[module] = await IsEmptyAsync(transport, cancellationToken) ? _emptyLooks.GetValueOrDefault(module) + 1 : 0;
        if (_emptyLooks[module] < Looks)
        {
            return;
        }
        var count = (await orphans.ListAsync(module, before, null, MostCounted, cancellationToken)).Count;
        if (count > (Of(module)?.Count ?? 0))
        {
            Log.Found(logger, count == MostCounted ? "At least " : "", count, module, _after);
        }
        Keep(module, new OrphanFinding(before, count));
    }

    private void Keep(string module, OrphanFinding finding) => _findings = new Dictionary<string, OrphanFinding>(_findings) { [module] = finding };

    /// <summary>Nothing is ready in the work queue or waits for a retry, and nothing is delivered that has not begun.</summary>
    private async Task<bool> IsEmptyAsync(ITaskTransport transport, CancellationToken cancellationToken)
    {
        var snapshot = await transport.SnapshotAsync(cancellationToken);
        if (StatsView.SumOf(snapshot, "work", queue => queue.Ready) != 0 || StatsView.SumOf(snapshot, "retry", queue => queue.Ready) != 0
            || snapshot.Lanes.Sum(lane => lane.Unacked) > snapshot.Lanes.Sum(lane => lane.Running))
        {
            return false;
        }
        var instances = await watch.InstancesAsync(cancellationToken);
        return instances.IsKnown && instances.Value.Where(instance => instance.State is InstanceStates.Running or InstanceStates.Draining).All(instance =>
            instance.ByModule.FirstOrDefault(of => of.Module == transport.Module) is { } own ? own.Unacked <= own.Running
            // Not told, where leases in the ledger are all that instances know of one another.
            : instance.ByModule.Count > 0 || instance.Running == 0);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{AtLeast}{Count} tasks of {Module} are orphaned: due, or begun by a process that is gone, for over {After}, while the broker has no message of them. Was a queue purged or deleted? GET /api/{Module}/orphans lists them, POST /api/{Module}/orphans/publish has them published again")]
        public static partial void Found(ILogger logger, string atLeast, int count, string module, TimeSpan after);

        [LoggerMessage(2, LogLevel.Warning, "Could not look for orphaned tasks of {Module}")]
        public static partial void NotSeen(ILogger logger, string module, Exception exception);
    }
}

/// <param name="Before">Tasks that were due before this, and have not moved since, are orphaned.</param>
/// <param name="Count">At most <see cref="OrphanWatch.MostCounted"/>.</param>
internal sealed record OrphanFinding(DateTimeOffset Before, int Count);
