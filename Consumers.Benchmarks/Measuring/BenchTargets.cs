namespace Consumers.Benchmarks;

/// <summary>What the scenarios of one start work against.</summary>
/// <param name="Rabbit">Null where no scenario needs it, or nothing will be run.</param>
/// <param name="Kafka">Servers of a real cluster; null for a mock cluster in a process of its own.</param>
internal sealed record BenchTargets(BenchBroker? Rabbit, IReadOnlyList<QueueKind> Queues, string? Kafka)
{
    /// <summary>For the list of variants.</summary>
    public static readonly BenchTargets None = new(null, [QueueKind.Quorum], null);
}
