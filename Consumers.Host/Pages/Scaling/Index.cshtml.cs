using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Sharing;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages.Scaling;

/// <summary>The module's queue, how fast it fills and empties, how the instances share the work, and a form to publish.</summary>
internal sealed class IndexModel(FleetWatch watch, FleetProbe probe, CountReads counts, TaskIntake intake, TaskAcceptor acceptor, TaskBreakers breakers, IPauses pauses, TimeProvider time)
    : ModulePage(intake, acceptor, time)
{
    public override string Module => ModuleSwitches.Scaling;

    public TransportSnapshot Snapshot { get; private set; } = null!;

    public SharingPicture Sharing { get; private set; } = null!;

    /// <summary>By instance name, since each was first seen.</summary>
    public Known<IReadOnlyDictionary<string, TaskCounts>> Counts { get; private set; } = null!;

    /// <summary>Of the instances that are here, and of all others together.</summary>
    public IEnumerable<(string Name, TaskCounts Counts)> CountRows
    {
        get
        {
            var here = Sharing.Fleet.Present.Select(load => load.Report.Name).ToHashSet(StringComparer.Ordinal);
            var all = Counts.Value ?? new Dictionary<string, TaskCounts>();
            var gone = all.Where(count => !here.Contains(count.Key)).Select(count => count.Value).ToArray();
            var rows = all.Where(count => here.Contains(count.Key)).OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value));
            return gone.Length == 0 ? rows : rows.Append((Words.Count(gone.Length, "that stopped", "that stopped"), new TaskCounts(
                gone.Sum(count => count.Processed), gone.Sum(count => count.Failed), gone.Sum(count => count.Retried), gone.Sum(count => count.Dead), gone.Sum(count => count.Duplicates), gone.Sum(count => count.BusyMs))));
        }
    }

    public CountsBehind? Behind => counts.Behind;

    /// <summary>What somebody has paused, for all instances.</summary>
    public PausePanel Pauses { get; private set; } = null!;

    /// <summary>Task types that this instance does not run for now, because they fail.</summary>
    public IReadOnlyList<TypePause> Breakers { get; private set; } = [];

    public long? Ready => StatsView.SumOf(Snapshot, "work", queue => queue.Ready);

    public long? Consumers => StatsView.SumOf(Snapshot, "work", queue => queue.Consumers);

    public long? Waiting => StatsView.SumOf(Snapshot, "retry", queue => queue.Ready);

    public long? Dead => StatsView.SumOf(Snapshot, "dead", queue => queue.Ready);

    /// <summary>In the hands of the running instances; null when not all of them tell.</summary>
    public long? Unacked => Sharing.Fleet.Instances is null || Sharing.Running.Any(load => load.Module is null) ? null : Sharing.Running.Sum(load => (long)load.Module!.Now.Unacked);

    public long? Backlog => Ready + Waiting + Unacked;

    public bool IsWell => Snapshot.Connection.Health == DependencyHealth.Up && Sharing.Fleet.Instances is not null && Sharing.Flow.Drain.Kind != DrainKind.Never && !Sharing.Fairness.IsLow && !Sharing.Fleet.Present.Any(load => load.IsAway);

    public string Sentence
    {
        get
        {
            var work = Ready switch
            {
                null => "the backlog is unknown",
                0 => "nothing waits",
                1 => $"one task waits: {Words.Drain(Sharing.Flow.Drain)}",
                { } ready => $"{Words.Count(ready, "task waits", "tasks wait")}: {Words.Drain(Sharing.Flow.Drain)}",
            };
            // Why they are unknown stands where they would stand.
            return Sharing.Fleet.Instances is null
                ? $"Nobody knows which instances run; {work}."
                : $"{Words.Count(Sharing.Running.Count(), "instance", "instances")} running, {work}. {Sharing.Fairness.Sentence}";
        }
    }

    protected override string Accepted => watch.Transport(Module)!.KeepsRows ? base.Accepted : "confirmed by the broker, and in the queue.";

    protected override async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        if (watch.Transport(Module) is not { } transport)
        {
            return NotFound();
        }
        var all = counts.CountsAsync(cancellationToken);
        Snapshot = await transport.SnapshotAsync(cancellationToken);
        Sharing = probe.Sharing;
        Pauses = new PausePanel(Module, pauses.Current, Ready, Examples.Keys, Time.GetUtcNow());
        Breakers = breakers.PausesOf(Module);
        Counts = await all;
        return Page();
    }
}
