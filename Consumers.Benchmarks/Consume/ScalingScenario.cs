namespace Consumers.Benchmarks;

internal sealed class ScalingScenario : IScenario
{
    public string Name => "scaling";

    public string Summary => $"drains a queue with {ScalingConsume.Channels} channels of prefetch 1: the client, the scaling module without and with its exact counters in Redis, where redis-server is installed";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IConsumeVariant[] variants = [new RawConsume(combine: 1, prefetch: 1, ScalingConsume.Channels), new ScalingConsume(withCounters: false)];
        if (RedisProcess.IsInstalled)
        {
            variants = [.. variants, new ScalingConsume(withCounters: true)];
        }
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new ConsumeRun(variant, targets.Rabbit!, kind))]))];
    }
}
