namespace Consumers.Benchmarks;

internal sealed class MemoryScenario : IScenario
{
    /// <summary>More than may be taken at once, as the long one is.</summary>
    private const int Few = 2_000;

    /// <summary>The most that may be configured.</summary>
    private const int DeepPrefetch = 5_000;

    public string Name => "memory";

    public string Summary => "what a process holds that has taken all it may of a queue with two thousand messages, and of one with as many as asked for; a deep prefetch shows what does grow it";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        var kind = QueueKind.Quorum;
        MemoryVariant[] variants =
        [
            new("backlog-2k", targets.Rabbit!, kind, Few), new("backlog", targets.Rabbit!, kind), new("backlog-deep", targets.Rabbit!, kind, prefetch: DeepPrefetch),
        ];
        return [new Comparison(Name, kind, "msgs", variants)];
    }
}
