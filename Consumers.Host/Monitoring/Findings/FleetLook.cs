using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Sharing;
using Consumers.Kafka;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Monitoring.Findings;

/// <summary>Gathers what this host knows of the fleet. Every part is kept by whoever reads it, so a look costs a few short reads.</summary>
internal sealed class FleetLook(
    FleetWatch watch, LedgerReads ledger, DeadLetterReads letters, CountReads counts, FigureReads figures, ThroughputProbe probe, FleetProbe fleet,
    TaskBreakers breakers, IPauses pauses, IOptions<DashboardOptions> options, TimeProvider time, IServiceProvider services)
{
    private const int Causes = 5;

    private static readonly TimeSpan CausesKept = TimeSpan.FromSeconds(5);

    private readonly FindingTracker _tracker = new(time);
    private volatile KeptCauses? _causes;

    public async Task<FleetNow> NowAsync(CancellationToken cancellationToken)
    {
        var counted = ledger.CountAsync(null, cancellationToken);
        var dead = letters.CountAsync(null, cancellationToken);
        var instances = watch.InstancesAsync(cancellationToken);
        var modules = Task.WhenAll(watch.Transports.Select(transport => ModuleAsync(transport, cancellationToken)));
        var lately = await figures.SeriesAsync(FigureRange.Quarter, cancellationToken);
        var day = await figures.SeriesAsync(FigureRange.Day, cancellationToken);
        var month = await figures.SeriesAsync(FigureRange.Month, cancellationToken);
        var deadNow = (await dead).Value?.GetValueOrDefault(DeadLetterState.Dead);
        var facts = new FleetFacts
        {
            Now = time.GetUtcNow(),
            Dependencies = watch.Dependencies,
            Modules = await modules,
            Instances = await instances,
            Counts = await counted,
            Pauses = pauses.Current,
            Throughput = probe.Current,
            Fairness = watch.Transport(ModuleSwitches.Scaling) is null ? null : fleet.Sharing.Fairness,
            Behind = counts.Behind,
            Dead = deadNow,
            Causes = await CausesAsync(deadNow, cancellationToken),
            Lately = lately.Value?.Last(FleetFacts.LatelySpan),
            Hour = day.Value?.Last(FleetFacts.HourSpan),
            Month = month.Value,
            Since = SinceOf(day.Value, month.Value),
            ChartedFrom = lately.Value?.From,
            Objective = options.Value.SuccessObjective,
        };
        return new FleetNow(facts, _tracker.Take([.. FleetRules.Judge(facts)]));
    }

    private static DateTimeOffset? SinceOf(FigureSeries? day, FigureSeries? month) =>
        month?.Since is { } since && (day is null || since < day.From - FigureRange.Month.Step) ? since : day?.Since;

    private async Task<IReadOnlyList<DeadLetterCause>> CausesAsync(long? dead, CancellationToken cancellationToken)
    {
        if (dead is not > 0)
        {
            return [];
        }
        if (_causes is { } kept && kept.Dead == dead && time.GetElapsedTime(kept.At) < CausesKept)
        {
            return kept.Found;
        }
        var found = (await letters.CausesAsync(new DeadLetterFilter { State = DeadLetterState.Dead }, Causes, cancellationToken)).Value ?? [];
        _causes = new(dead.Value, found, time.GetTimestamp());
        return found;
    }

    private async Task<ModuleFacts> ModuleAsync(ITaskTransport transport, CancellationToken cancellationToken)
    {
        var snapshot = await transport.SnapshotAsync(cancellationToken);
        var work = snapshot.Queues.FirstOrDefault(queue => queue.Role == "work");
        // A broker that is away is asked by its own watch, and nobody waits for that here.
        var orphans = transport.Module == ModuleSwitches.Kafka && snapshot.Connection.Health == DependencyHealth.Up && services.GetService<IKafkaWatch>() is { } kafka
            ? (await kafka.ViewAsync(cancellationToken)).Partitions.Count(partition => partition.Owner is "")
            : 0;
        return new ModuleFacts(
            transport.Module, snapshot.Connection, work?.Name ?? transport.Module,
            StatsView.SumOf(snapshot, "work", queue => queue.Ready), work?.Consumers, StatsView.SumOf(snapshot, "dead", queue => queue.Ready), orphans, breakers.PausesOf(transport.Module));
    }

    private sealed record KeptCauses(long Dead, IReadOnlyList<DeadLetterCause> Found, long At);
}
