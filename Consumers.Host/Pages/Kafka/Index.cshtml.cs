using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Consumers.Kafka;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages.Kafka;

/// <summary>The module's partitions, retry tiers, rebalances and recent tasks, and a form to publish.</summary>
internal sealed class IndexModel(LedgerReads ledger, FleetWatch watch, TaskIntake intake, TaskAcceptor acceptor, TaskBreakers breakers, IPauses pauses, TimeProvider time, IServiceProvider services)
    : ModulePage(intake, acceptor, time)
{
    private const int RecentTasks = 20;

    public override string Module => ModuleSwitches.Kafka;

    public TransportSnapshot Snapshot { get; private set; } = null!;

    public KafkaView View { get; private set; } = null!;

    /// <summary>What somebody has paused, for all instances.</summary>
    public PausePanel Pauses { get; private set; } = null!;

    /// <summary>Task types that this instance does not run for now, because they fail.</summary>
    public IReadOnlyList<TypePause> Breakers { get; private set; } = [];

    public Known<TaskPage> Recent { get; private set; } = null!;

    protected override string Accepted => watch.Transport(Module) is { AcceptsWhenConfirmed: true } ? "confirmed by Kafka." : base.Accepted;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>How a lag moves, as a sign and in words; null while it is not known.</summary>
    public static (string Sign, string Text)? Trend(PartitionView partition) => partition.Trend switch
    {
        null => null,
        > 0 => ("▲", "growing"),
        < 0 => ("▼", "shrinking"),
        _ => ("–", "steady"),
    };

    protected override async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        if (watch.Transport(Module) is not { } transport)
        {
            return NotFound();
        }
        var recent = ledger.ListAsync(new TaskFilter(Module), null, RecentTasks, cancellationToken);
        Snapshot = await transport.SnapshotAsync(cancellationToken);
        View = await services.GetRequiredService<IKafkaWatch>().ViewAsync(cancellationToken);
        Pauses = new PausePanel(Module, pauses.Current, StatsView.SumOf(Snapshot, "work", queue => queue.Ready), Examples.Keys, Time.GetUtcNow());
        Breakers = breakers.PausesOf(Module);
        Recent = await recent;
        return Page();
    }
}
