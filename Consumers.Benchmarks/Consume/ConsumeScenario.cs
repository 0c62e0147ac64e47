namespace Consumers.Benchmarks;

internal sealed class ConsumeScenario : IScenario
{
    public string Name => "consume";

    public string Summary => "drains a queue of 256-byte JSON tasks: decoded, an empty handler, settled";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IConsumeVariant[] variants =
        [
            RawConsume.SingleAcks, RawConsume.CombinedAcks, new MassTransitConsume(), new HandConsume(),
            new FleetConsume(withLedger: false), new FleetConsume(withLedger: true), new FleetConsume(withLedger: true, "fleet-ledger-heard", subscribed: true),
        ];
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new ConsumeRun(variant, targets.Rabbit!, kind))]))];
    }
}
