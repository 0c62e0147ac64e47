using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Balancing;
using Consumers.Host.Monitoring.Sharing;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Consumers.Host.Telemetry;

/// <summary>
/// What is true now, read at the moment somebody asks. What is not known is absent: unknown is not zero. Depths, lag and dead letters are the fleet's, and every instance tells the same; the rest is this instance's own.
/// </summary>
internal sealed class FleetGauges(
    ModuleWatch watch, FleetWatch fleet, FleetProbe probe, BalanceProbe balances, CountReads counts, PipelineStats stats, IPauses pauses, InstanceIdentity instance, TimeProvider time) : IDisposable
{
    private Meter? _meter;

    public void Start()
    {
        _meter = TaskTelemetry.CreateMeter(this);
        Gauge("consumers.tasks.in_flight", "{task}", "Handlers that run now", () => stats.All.Select(module => Of(module.Running, module.Module)));
        Gauge("consumers.tasks.oldest_running", "s", "For how long the task that runs longest has run", () => stats.All.Select(module => Of(Age(module.LongestRunning(1).FirstOrDefault()?.Since), module.Module)));
        Gauge("consumers.slots", "{task}", "Tasks at once that this instance may run now", Slots);
        Gauge("consumers.unacked", "{message}", "Deliveries in the hands of this instance", () => fleet.Transports.Select(transport => Of(transport.Lanes.Sum(lane => lane.Unacked), transport.Module)));
        Gauge("consumers.backlog", "{task}", "Messages that wait in the work queue", () => Each(module => module.Ready));
        Gauge("consumers.backlog.oldest_age", "s", "Age of the oldest task in the work queue, at most", () => Each(OldestAge));
        Gauge("consumers.drain.estimate", "s", "When the backlog will be gone at the rate of the last seconds; absent while it does not fall", () => Each(module => module.Drain.After?.TotalSeconds));
        Gauge("consumers.retries.waiting", "{task}", "Retries that wait in a tier", () => Queues("retry", queue => queue.Ready, queue => [new(Labels.Destination, queue.Name), .. queue.Tier is { } tier ? [new Tag(Labels.Tier, RetrySchedule.NameOf(tier))] : Array.Empty<Tag>()]));
        Gauge("consumers.dead_letters", "{task}", "Dead letters in the archive that nobody has replayed or discarded", () => Each(module => module.Dead));
        Gauge("consumers.dead_letters.unarchived", "{message}", "Dead letters that the broker holds", () => Queues("dead", queue => queue.Ready, queue => [new(Labels.Destination, queue.Name)]));
        Gauge("consumers.lag", "{task}", "Records of a partition that are not committed", () => Partitions(partition => partition.Lag));
        Gauge("consumers.partition.owned", "1", "1 when an instance has the partition; absent where nobody tells", () => Partitions(partition => partition.Owner is { } owner ? owner.Length > 0 ? 1 : 0 : null));
        Gauge("consumers.paused", "1", "1 while the module is paused", () => fleet.Transports.Select(transport => Of(pauses.Current.Find(transport.Module) is null ? 0 : 1, transport.Module)));
        Gauge("consumers.dependency.up", "1", "1 when the dependency works, as it should or not", () => fleet.Dependencies.Select(state => new Measurement<double>(state.Health == DependencyHealth.Down ? 0 : 1, new Tag("consumers.dependency", state.Name))));
        Gauge("consumers.fairness.jain.ratio", "1", "Jain's index over the last minute, of the scaling module's instances", () => One(probe.Sharing.Fairness.Index));
        Gauge("consumers.instance.share.ratio", "1", "This instance's share of the fleet's tasks in the last minute", () => One(probe.Fleet.Present.FirstOrDefault(load => load.Report.RunId == instance.RunId)?.Share));
        Gauge("consumers.ledger.imbalance", "{task}", "Unfinished tasks without a message; exact at rest, at least so many while work flows, absent where it is not known", Imbalance);
        Gauge("consumers.redis.buffered", "{task}", "Tasks whose count waits in this process for Redis", () => One(counts.Behind?.Buffered ?? 0));
        Gauge("consumers.build.info", "1", "What runs here", () => [new(1, new Tag("version", InstanceIdentity.Version), new Tag("commit", Commit))]);
    }

    public void Dispose() => _meter?.Dispose();

    private static string Commit { get; } =
        typeof(FleetGauges).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, { } commit] ? commit : "unknown";

    private void Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> read) => _meter!.CreateObservableGauge(name, read, unit, description);

    /// <summary>First attempts begin in the order of the queue, so what waits is hardly older than what began last; nor has it waited longer than there was a queue.</summary>
    private double? OldestAge(ModulePicture module)
    {
        if (module.Ready is not > 0)
        {
            return module.Ready;
        }
        var sinceCreated = Age(stats.For(module.Module).LastBegunCreatedAt);
        return sinceCreated is { } age ? Math.Min(age, module.Waiting.TotalSeconds) : module.Waiting.TotalSeconds;
    }

    private IEnumerable<Measurement<double>> Slots() =>
        // The lanes of a module share its slots.
        fleet.Transports.Where(transport => transport.Lanes.Count > 0).Select(transport => Of(transport.Lanes.Max(lane => lane.Limit), transport.Module));

    private IEnumerable<Measurement<double>> Each(Func<ModulePicture, double?> read) =>
        watch.Current.Select(module => (module.Module, Value: read(module))).Where(module => module.Value is not null).Select(module => Of(module.Value, module.Module));

    private IEnumerable<Measurement<double>> Imbalance() =>
        (balances.Balances ?? []).Where(balance => balance.Difference is not null).Select(balance => Of(balance.Difference, balance.Module));

    private IEnumerable<Measurement<double>> Queues(string role, Func<QueueDepth, double?> read, Func<QueueDepth, IEnumerable<Tag>> labels) =>
        from module in watch.Current
        from queue in module.Snapshot.Queues
        where queue.Role == role && read(queue) is not null
        select new Measurement<double>(read(queue)!.Value, [new Tag(Labels.Module, module.Module), .. labels(queue)]);

    private IEnumerable<Measurement<double>> Partitions(Func<Kafka.PartitionView, double?> read) =>
        from module in watch.Current
        from partition in module.Partitions
        where read(partition) is not null
        select new Measurement<double>(
            read(partition)!.Value,
            new Tag(Labels.Module, module.Module), new Tag(Labels.Destination, partition.Topic), new Tag(Labels.Partition, partition.Partition.ToString(CultureInfo.InvariantCulture)));

    private double? Age(DateTimeOffset? since) => since is { } at ? Math.Max(0, (time.GetUtcNow() - at).TotalSeconds) : null;

    private static Measurement<double> Of(double? value, string module) => new(value ?? 0, new Tag(Labels.Module, module));

    private static IEnumerable<Measurement<double>> One(double? value) => value is { } known ? [new Measurement<double>(known)] : [];
}
