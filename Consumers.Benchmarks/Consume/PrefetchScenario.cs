namespace Consumers.Benchmarks;

/// <summary>What prefetch does: acks can be combined only over what is there at once.</summary>
internal sealed class PrefetchScenario : IScenario
{
    private static readonly ushort[] Prefetches = [1, 10, 100, 250];

    public string Name => "prefetch";

    public string Summary => "the same drain with nothing remembered, at prefetch 1, 10, 100 and 250, one channel; the fleet runs as many tasks at once as it prefetches";

    public bool NeedsBroker => true;

    public bool IsLong => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets) =>
        [.. from kind in targets.Queues from prefetch in Prefetches select new Comparison(Name, kind, "msgs", [.. Variants(prefetch).Select(variant => new ConsumeRun(variant, targets.Rabbit!, kind))], $"prefetch {prefetch}")];

    private static IConsumeVariant[] Variants(ushort prefetch) =>
        [new RawConsume(combine: 1, prefetch), new MassTransitConsume(prefetch), new FleetConsume(withLedger: false, concurrency: prefetch, prefetch: prefetch)];
}
