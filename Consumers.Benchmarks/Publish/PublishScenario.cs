namespace Consumers.Benchmarks;

internal sealed class PublishScenario : IScenario
{
    public string Name => "publish";

    public string Summary => $"publishes tasks, confirmed by the broker, {IPublishVariant.Outstanding} outstanding";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchBroker? broker, IReadOnlyList<QueueKind> queues)
    {
        IPublishVariant[] variants = [new RawOwnPublish(), new RawClientPublish(), new MassTransitPublish(), new FleetPublish()];
        return [.. queues.Select(kind => new Comparison(Name, kind, "msgs", [.. variants.Select(variant => new PublishRun(variant, broker!, kind))]))];
    }
}
