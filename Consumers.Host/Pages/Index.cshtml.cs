using Consumers.Core;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>The fleet at a glance.</summary>
internal sealed class IndexModel(LedgerReads ledger, DeadLetterReads letters, FleetWatch watch, ThroughputProbe probe, IPauses pauses, TimeProvider time) : PageModel
{
    public FleetGlance Glance { get; private set; } = null!;

    public DateTimeOffset Now => time.GetUtcNow();

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var counts = ledger.CountAsync(null, cancellationToken);
        var dead = letters.CountAsync(null, cancellationToken);
        var instances = watch.InstancesAsync(cancellationToken);
        var snapshots = watch.Transports.Select(transport => transport.SnapshotAsync(cancellationToken).AsTask()).ToArray();
        Glance = new FleetGlance(await counts, await instances, await Task.WhenAll(snapshots), watch.Dependencies, probe.Current, pauses.Current, (await dead).Value?.GetValueOrDefault(DeadLetterState.Dead));
    }
}
