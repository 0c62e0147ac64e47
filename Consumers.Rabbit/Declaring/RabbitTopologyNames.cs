using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>Every name of one module on the broker.</summary>
public sealed record RabbitTopologyNames(
    string WorkQueue,
    string Exchange,
    string RetryQueuePrefix,
    string DeadLetterExchange,
    string DeadLetterQueue,
    string StatusExchange)
{
    public static RabbitTopologyNames Of(RabbitOptions options) => new(
        options.WorkQueue, options.Exchange, options.RetryQueuePrefix, options.DeadLetterExchange, options.DeadLetterQueue, options.StatusExchange);

    /// <summary><c>task-retry-queue.1s</c></summary>
    public string RetryQueue(TimeSpan tier) => $"{RetryQueuePrefix}.{RetrySchedule.NameOf(tier)}";
}
