using Consumers.Core;
using Consumers.Rabbit;

namespace Consumers.Scaling;

/// <summary>
/// Section <c>Consumers:Scaling</c>: the options of the RabbitMQ transport with defaults for competing consumers. Each task has a channel of its own with prefetch 1, so that no instance
/// holds a task which another could begin; nothing is written to the ledger, and Redis remembers what is settled.
/// </summary>
public sealed class ScalingOptions : RabbitOptions
{
    public new const string Section = "Consumers:Scaling";

    public ScalingOptions()
    {
        WorkQueue = "task.queue";
        Exchange = "task.queue.exchange";
        RetryQueuePrefix = "task.queue.retry";
        DeadLetterExchange = "task.queue.dead.exchange";
        DeadLetterQueue = "task.queue.dead";
        (MinConcurrency, MaxConcurrency) = (1, 3);
        (Lanes, Prefetch) = (0, 1);
        (Record, Guard, GuardAway) = (RecordMode.None, GuardMode.Redis, GuardAway.Continue);
    }

    /// <summary>This instance's name; CONSUMER_ID goes before it, and it goes before <c>Consumers:InstanceName</c>.</summary>
    public string? ConsumerInstanceName { get; set; }
}
