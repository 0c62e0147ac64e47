namespace Consumers.Benchmarks;

internal sealed class NaiveScenario : IScenario
{
    private const int AtMost = 10_000;

    public string Name => "naive";

    public string Summary => "drains a queue with the full ledger, beside a consumer that awaits each row, counter and ack; where redis-server is installed";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IConsumeVariant[] variants = RedisProcess.IsInstalled ? [new NaiveConsume(), new FleetConsume(withLedger: true)] : [new FleetConsume(withLedger: true)];
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new ConsumeRun(variant, targets.Rabbit!, kind))], AtMost: AtMost))];
    }
}
