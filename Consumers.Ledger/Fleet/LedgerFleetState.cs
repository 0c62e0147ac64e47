using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>The fleet as the ledger's leases show it.</summary>
internal sealed class LedgerFleetState(LeaseKeeper keeper, LedgerDatabase database, TimeProvider time) : IFleetState
{
    /// <summary>For how long an instance that is gone is still listed.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(1);

    private volatile InstanceReport? _own;

    /// <summary>Kept in memory: the next renewal of the lease writes it.</summary>
    public ValueTask ReportAsync(InstanceReport report, CancellationToken cancellationToken)
    {
        _own = report;
        keeper.Report(report);
        return ValueTask.CompletedTask;
    }

    /// <summary>All live instances, and of the names that have none the last. What each module does is not in the leases: it is known of this instance only.</summary>
    public ValueTask<IReadOnlyList<InstanceReport>> ListAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var rows = database.Read(connection => InstanceRows.SeenSince(connection, now - Lately));
        return ValueTask.FromResult<IReadOnlyList<InstanceReport>>(
        [
            .. rows.GroupBy(row => row.Name, StringComparer.Ordinal)
                .OrderBy(name => name.Key, StringComparer.Ordinal)
                .SelectMany(name =>
                {
                    var live = name.Where(row => IsLive(row, now)).ToList();
                    return live.Count > 0 ? live : [name.MaxBy(row => row.SeenAt)];
                })
                .Select(row => new InstanceReport(
                    row.Name, row.RunId, row.Host, row.Pid, row.Version, row.Modules, row.Url, row.StartedAt, row.SeenAt,
                    row.State == InstanceStates.Stopped || IsLive(row, now) ? row.State : InstanceStates.Silent,
                    row.Running, row.Completed, row.Failed)
                {
                    InHands = InHandsText.Read(row.InHands),
                    ByModule = _own is { } own && own.RunId == row.RunId ? own.ByModule : [],
                }),
        ]);
    }

    private static bool IsLive(SeenInstance row, DateTimeOffset now) => 
        row.State != InstanceStates.Stopped
        && row.LeaseUntil >= now
        // From before the clock was put back: whoever lives has renewed it since.
        && row.LeaseUntil <= now + 2 * LedgerWriter.Lease;
}
