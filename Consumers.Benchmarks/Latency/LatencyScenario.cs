namespace Consumers.Benchmarks;

internal sealed class LatencyScenario : IScenario
{
    /// <summary>Six seconds.</summary>
    private const int AtMost = 6 * LatencyVariant.PerSecond;

    public string Name => "latency";

    public string Summary => $"from a task's publish to its handler, at a fixed {LatencyVariant.PerSecond}/s";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IConsumeVariant[] variants = [RawConsume.SingleAcks, new MassTransitConsume(), new FleetConsume(withLedger: false), new FleetConsume(withLedger: true)];
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new LatencyVariant(variant, targets.Rabbit!, kind))], AtMost: AtMost))];
    }
}
