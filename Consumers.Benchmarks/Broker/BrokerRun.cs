namespace Consumers.Benchmarks;

/// <summary>One run of one variant on its own queue.</summary>
/// <param name="queue">The name that is this run's alone; whatever else the variant creates is named after it.</param>
internal sealed class BrokerRun(BenchBroker broker, string queue, QueueKind kind, int count)
{
    private readonly TaskCompletionSource<Sample> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _handled;

    public BenchBroker Broker => broker;

    public string Queue => queue;

    public QueueKind Kind => kind;

    public int Count => count;

    public Meter Meter { get; } = new();

    /// <summary>Completes with the figures when the last message is settled.</summary>
    public Task<Sample> Finished => _finished.Task;

    /// <summary>Counts a message; true for the last. Safe from many threads.</summary>
    public bool IsLast() => Interlocked.Increment(ref _handled) == count;

    /// <summary>The last message is settled: the clock stops here, whatever a variant still does to close.</summary>
    public void Finish() => _finished.TrySetResult(Meter.Stop(count));

    public void Fail(string why) => _finished.TrySetException(new RunFailedException(why));
}
