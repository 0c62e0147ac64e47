namespace Consumers.Benchmarks;

internal sealed class PublishScenario : IScenario
{
    public string Name => "publish";

    public string Summary => $"publishes tasks, confirmed by the broker, {IPublishVariant.Outstanding} outstanding";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IPublishVariant[] variants = [new RawOwnPublish(), new RawClientPublish(), new MassTransitPublish(), new FleetPublish()];
        if (BuiltHost.IsBuilt)
        {
            variants = [.. variants, new CommandPublish()];
        }
        return [.. targets.Queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new PublishRun(variant, targets.Rabbit!, kind))]))];
    }
}
