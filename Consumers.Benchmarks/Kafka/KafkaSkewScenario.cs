namespace Consumers.Benchmarks;

/// <summary>Keys used alike, and one that half of the records have: order by key makes that half wait for itself.</summary>
internal sealed class KafkaSkewScenario : IScenario
{
    private const int AtMost = 5_000;

    private static readonly KafkaWork[] Works = [new(50, TimeSpan.FromMilliseconds(1)), new(50, TimeSpan.FromMilliseconds(1), HotKey: true)];

    public string Name => "kafka-skew";

    public string Summary => "50 workers and a handler of 1 ms, with keys used alike and with one key that half of the records have; the client beside it keeps no order";

    public bool NeedsBroker => false;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets) =>
        [.. Works.Select(work => new Comparison(
            Name, null, "tasks", [new KafkaConsumeRun(new RawKafkaWorkers(), targets.Kafka, work), new KafkaConsumeRun(new FleetKafkaConsume(Consumers.Core.GuardMode.None), targets.Kafka, work)], work.ToString(), AtMost))];
}
