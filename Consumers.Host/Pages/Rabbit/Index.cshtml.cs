using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages.Rabbit;

/// <summary>The module's queues, retry tiers, lanes and recent tasks, and a form to publish.</summary>
internal sealed class IndexModel(LedgerReads ledger, FleetWatch watch, TaskIntake intake, TaskAcceptor acceptor, TaskBreakers breakers, IPauses pauses, TimeProvider time)
    : ModulePage(intake, acceptor, time)
{
    private const int RecentTasks = 20;

    public override string Module => ModuleSwitches.Rabbit;

    public TransportSnapshot Snapshot { get; private set; } = null!;

    /// <summary>What somebody has paused, for all instances.</summary>
    public PausePanel Pauses { get; private set; } = null!;

    /// <summary>Task types that this instance does not run for now, because they fail.</summary>
    public IReadOnlyList<TypePause> Breakers { get; private set; } = [];

    public Known<WaitingRetries> Waiting { get; private set; } = null!;

    public Known<TaskPage> Recent { get; private set; } = null!;

    protected override async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        if (watch.Transport(Module) is not { } transport)
        {
            return NotFound();
        }
        var waiting = ledger.WaitingRetriesAsync(Module, cancellationToken);
        var recent = ledger.ListAsync(new TaskFilter(Module), null, RecentTasks, cancellationToken);
        Snapshot = await transport.SnapshotAsync(cancellationToken);
        Pauses = new PausePanel(Module, pauses.Current, StatsView.SumOf(Snapshot, "work", queue => queue.Ready), Examples.Keys, Time.GetUtcNow());
        Breakers = breakers.PausesOf(Module);
        (Waiting, Recent) = (await waiting, await recent);
        return Page();
    }
}
