namespace Consumers.Benchmarks;

internal sealed class StartScenario : IScenario
{
    public string Name => "start";

    public string Summary => "from the start of a process to its first task, with its processor time until then, and its working set 2 s later; the built host where it is built";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        StartVariant Variant(string name, string what) => new(name, what, targets.Rabbit!, QueueKind.Quorum);

        StartVariant[] variants =
            [Variant("raw", "RabbitMQ.Client"), Variant("masstransit", "MassTransit in a generic host"), Variant("fleet", "Rabbit module with the ledger in a generic host")];
        if (BuiltHost.IsBuilt)
        {
            variants = [.. variants, Variant("host", "the built host: module, ledger, API, dashboard")];
        }
        return [new Comparison(Name, QueueKind.Quorum, "tasks", variants, AtMost: 1)];
    }
}
