using Consumers.Core;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Exchanges and queues of one module. What is missing is declared; what is there is compared and, when it differs, named and left alone.
/// </summary>
internal sealed partial class RabbitTopology(RabbitTopologyNames names, RabbitOptions options, RetrySchedule schedule, ILogger logger)
{
    /// <summary>For queues whose messages nobody may give up on. RabbitMQ 4 limits deliveries to 20 where nothing is said, and 3.10 refuses "unlimited".</summary>
    private const int PracticallyUnlimited = 1_000_000;

    /// <summary>Two connections of one process would otherwise race for the first declaration of a quorum queue, which the broker may answer with an error.</summary>
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public RabbitTopologyNames Names => names;

    /// <exception cref="TopologyMismatchException">Something is there, but differs.</exception>
    public async Task EnsureAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            await using var declaring = new DeclaringChannel(connection, logger);
            // The order matters: a message that expires in a retry queue needs somewhere to go, and so does one that exceeds the delivery limit.
            await declaring.ExchangeAsync(names.DeadLetterExchange, ExchangeType.Fanout, cancellationToken);
            await declaring.QueueAsync(names.DeadLetterQueue, DeadLetterArguments(), cancellationToken);
            await declaring.BindAsync(names.DeadLetterQueue, names.DeadLetterExchange, names.DeadLetterQueue, cancellationToken);
            await declaring.ExchangeAsync(names.Exchange, ExchangeType.Direct, cancellationToken);
            await declaring.QueueAsync(names.WorkQueue, WorkArguments(), cancellationToken);
            await declaring.BindAsync(names.WorkQueue, names.Exchange, names.WorkQueue, cancellationToken);
            await declaring.ExchangeAsync(names.StatusExchange, ExchangeType.Topic, cancellationToken);
            foreach (var tier in schedule.Tiers)
            {
                await declaring.QueueAsync(names.RetryQueue(tier), RetryArguments(tier), cancellationToken);
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Every exchange, and its type.</summary>
    public IEnumerable<KeyValuePair<string, string>> Exchanges() =>
        [new(names.DeadLetterExchange, ExchangeType.Fanout), new(names.Exchange, ExchangeType.Direct), new(names.StatusExchange, ExchangeType.Topic)];

    /// <summary>Every queue, and its arguments.</summary>
    public IEnumerable<KeyValuePair<string, Dictionary<string, object?>>> Queues() =>
    [
        new(names.DeadLetterQueue, DeadLetterArguments()),
        new(names.WorkQueue, WorkArguments()),
        .. schedule.Tiers.Select(tier => KeyValuePair.Create(names.RetryQueue(tier), RetryArguments(tier))),
    ];

    /// <summary>
    /// The broker's own dead-lettering is only the net beneath, but a net with the default strategy drops what it cannot route at once. At-least-once keeps it
    /// in the work queue until the dead-letter queue has confirmed it. It needs overflow reject-publish (its alternative, drop-head, would lose messages silently);
    /// without a maximum length that never refuses anything. 3.10 and 4.x take the same arguments.
    /// </summary>
    private Dictionary<string, object?> WorkArguments() => options.QueueType == RabbitQueueType.Classic
        ? new() { ["x-queue-type"] = "classic", ["x-dead-letter-exchange"] = names.DeadLetterExchange }
        : new()
        {
            ["x-queue-type"] = "quorum",
            ["x-delivery-limit"] = options.DeliveryLimit,
            ["x-dead-letter-exchange"] = names.DeadLetterExchange,
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };

    private static Dictionary<string, object?> DeadLetterArguments() => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = PracticallyUnlimited,
    };

    /// <summary>Never <c>x-expires</c>: an unused queue would be deleted with what is in it. Never classic: a crash during expiry loses messages there.</summary>
    private Dictionary<string, object?> RetryArguments(TimeSpan tier) => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-message-ttl"] = RetryTtl.OfQueue(tier),
        ["x-dead-letter-exchange"] = names.Exchange,
        ["x-dead-letter-routing-key"] = names.WorkQueue,
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };
}
