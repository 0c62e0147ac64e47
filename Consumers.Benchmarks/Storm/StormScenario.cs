namespace Consumers.Benchmarks;

/// <summary>MassTransit is not beside it: without a plugin in the broker its retries wait in memory, each in a slot of its prefetch.</summary>
internal sealed class StormScenario : IScenario
{
    /// <summary>Their first attempts are over within a tier.</summary>
    private const int AtMost = 10_000;

    public string Name => "retry-storm";

    public string Summary => $"every task fails at its first attempt and succeeds at its second, {StormRun.Tier.TotalSeconds:0} s later: attempts, without the wait between, and how late the retries are";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IConsumeVariant[] variants = [new RawRetry(), new FleetConsume(withLedger: false), new FleetConsume(withLedger: true)];
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "attempts", [.. variants.Select(variant => new StormVariant(variant, targets.Rabbit!, kind))], AtMost: AtMost))];
    }
}
