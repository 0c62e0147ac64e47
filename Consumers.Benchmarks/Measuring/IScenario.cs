namespace Consumers.Benchmarks;

/// <summary>One kind of work, compared over variants and kinds of queues.</summary>
internal interface IScenario
{
    string Name { get; }

    string Summary { get; }

    bool NeedsBroker { get; }

    /// <param name="broker">Null when nothing will be run.</param>
    IReadOnlyList<Comparison> Compare(BenchBroker? broker, IReadOnlyList<QueueKind> queues);
}
