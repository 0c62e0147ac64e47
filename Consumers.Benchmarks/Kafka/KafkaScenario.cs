using Consumers.Core;

namespace Consumers.Benchmarks;

internal sealed class KafkaScenario(string name, KafkaWork work) : IScenario
{
    public string Name => name;

    public string Summary => $"drains a Kafka topic of 256-byte JSON tasks with keys, {work}; the Redis guard where redis-server is installed";

    // For the Rabbit module beside it.
    public bool NeedsBroker => !IsTimed;

    private bool IsTimed => work.HandlerTime > TimeSpan.Zero;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IVariant Run(IKafkaVariant variant) => new KafkaConsumeRun(variant, targets.Kafka, work);

        var fleet = Fleet(targets, work);
        IVariant[] variants = IsTimed
            ? [new IdealWorkers(work), Run(new RawKafkaWorkers()), .. fleet]
            : [Run(new RawKafkaConsume()), .. fleet, new ConsumeRun(new FleetConsume(withLedger: true, "rabbit-ledger", work.Workers), targets.Rabbit!, QueueKind.Quorum)];
        return [new Comparison(Name, null, "tasks", variants)];
    }

    /// <summary>The module in each mode of remembering that can be had here.</summary>
    public static IEnumerable<IVariant> Fleet(BenchTargets targets, KafkaWork work) =>
        from guard in new[] { GuardMode.None, GuardMode.Redis, GuardMode.Ledger }
        where guard != GuardMode.Redis || RedisProcess.IsInstalled
        select new KafkaConsumeRun(new FleetKafkaConsume(guard), targets.Kafka, work);
}
