namespace Consumers.Benchmarks;

/// <summary>One kind of work, compared over variants and kinds of queues.</summary>
internal interface IScenario
{
    string Name { get; }

    string Summary { get; }

    /// <summary>Whether it needs RabbitMQ.</summary>
    bool NeedsBroker { get; }

    /// <summary>It takes so long that it runs only where it is named.</summary>
    bool IsLong => false;

    IReadOnlyList<Comparison> Compare(BenchTargets targets);
}
