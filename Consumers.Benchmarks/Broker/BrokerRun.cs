namespace Consumers.Benchmarks;

/// <summary>One run of one variant on its own queue.</summary>
/// <param name="queue">The name that is this run's alone; whatever else the variant creates is named after it.</param>
internal class BrokerRun(BenchBroker broker, string queue, QueueKind kind, int count) : Countdown(count)
{
    public BenchBroker Broker => broker;

    public string Queue => queue;

    public QueueKind Kind => kind;
}
