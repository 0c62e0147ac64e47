namespace Consumers.Core.InMemory;

/// <summary>A module without a broker: for trying out, and for testing handlers.</summary>
public sealed class InMemoryTransport(string module, InMemoryBroker broker, InMemoryTaskSource source, ConsumersOptions options, TimeProvider time, ITaskCounters? counters = null, GuardMode guard = GuardMode.Ledger) : ITaskTransport
{
    private readonly DateTimeOffset _since = time.GetUtcNow();
    private readonly PublishTarget _target = new(module, "in_memory", "publish", InMemoryDelivery.QueueName, InMemoryDelivery.QueueName, time);

    public string Module { get; } = module;

    public bool IsDurable => false;

    public bool KeepsRows => Guard == GuardMode.Ledger;

    public GuardMode Guard { get; } = guard;

    public IReadOnlyList<LaneState> Lanes => source.Lanes;

    public InMemoryBroker Broker { get; } = broker;

    public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        var body = TaskMessageCodec.Encode(message);
        if (body.Length > options.MaxBodyBytes)
        {
            throw new PublishFailedException(PublishFailure.Refused, $"task {message.Id} has {body.Length} bytes; at most {options.MaxBodyBytes} are allowed (Consumers:MaxBodyBytes)");
        }
        counters?.Queued(message.Id);
        var (askedAt, span) = (time.GetTimestamp(), _target.Start(message.Id, accepted: message.AcceptedIn));
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if ((span?.Id ?? message.AcceptedIn) is { } trace)
        {
            headers[TaskHeaders.TraceParent] = trace;
        }
        Broker.Publish(new InMemoryMessage(body, message.Id, headers));
        _target.Done(askedAt, span, null);
        return ValueTask.CompletedTask;
    }

    public ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        var headers = message.Headers.Where(header => !TaskHeaders.IsOurs(header.Key)).DistinctBy(header => header.Key, StringComparer.Ordinal).Concat(message.Ours());
        Broker.Publish(new InMemoryMessage(message.Body, message.MessageId, headers.ToDictionary(StringComparer.Ordinal)));
        return ValueTask.CompletedTask;
    }

    public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken)
    {
        Broker.Announce(status);
        return ValueTask.CompletedTask;
    }

    public ValueTask<TransportSnapshot> SnapshotAsync(CancellationToken cancellationToken) => new(new TransportSnapshot(
        new DependencyState("in-memory transport", DependencyHealth.Up, _since, "Messages live in this process; nothing is durable but the ledger."),
        [
            new QueueDepth(InMemoryDelivery.QueueName, "work", Broker.Ready, Broker.Consumers, null),
            new QueueDepth("waiting", "retry", Broker.WaitingUntil.Count, null, null),
            new QueueDepth("dead letters", "dead", Broker.DeadLetters.Count, null, null),
        ],
        source.Lanes));
}
