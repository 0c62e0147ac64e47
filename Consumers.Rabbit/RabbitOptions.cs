using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>Section <c>Consumers:Rabbit</c>. The scaling module uses the same transport with names of its own.</summary>
public class RabbitOptions
{
    public const string Section = "Consumers:Rabbit";

    /// <summary>Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary><c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c>. The environment variable RABBITMQ_URL goes before it.</summary>
    public string Url { get; set; } = "amqp://guest:guest@127.0.0.1:5672/";

    /// <summary>Where tasks wait. Default <c>task-execution-queue</c>.</summary>
    public string WorkQueue { get; set; } = "task-execution-queue";

    /// <summary>Direct; the work queue is bound to it by its own name. Default <c>task-exchange</c>.</summary>
    public string Exchange { get; set; } = "task-exchange";

    /// <summary>A retry queue is this, a dot and its tier: <c>task-retry-queue.1s</c>. Default <c>task-retry-queue</c>.</summary>
    public string RetryQueuePrefix { get; set; } = "task-retry-queue";

    /// <summary>Fanout. Default <c>task-dead-letter-exchange</c>.</summary>
    public string DeadLetterExchange { get; set; } = "task-dead-letter-exchange";

    /// <summary>Default <c>task-dead-letter-queue</c>.</summary>
    public string DeadLetterQueue { get; set; } = "task-dead-letter-queue";

    /// <summary>Topic; routing key <c>task.&lt;type&gt;.&lt;status&gt;</c>. Default <c>task-status-exchange</c>.</summary>
    public string StatusExchange { get; set; } = "task-status-exchange";

    /// <summary>Of the work queue. Default quorum; classic has no delivery limit and is for comparisons.</summary>
    public RabbitQueueType QueueType { get; set; } = RabbitQueueType.Quorum;

    /// <summary>Deliveries after which the broker itself dead-letters a task: the net beneath. Quorum queues only. Default 20.</summary>
    public int DeliveryLimit { get; set; } = 20;

    /// <summary>Tasks at once in this instance while it is quiet. Default 3.</summary>
    public int MinConcurrency { get; set; } = 3;

    /// <summary>Tasks at once in this instance while a backlog stands. Default 10.</summary>
    public int MaxConcurrency { get; set; } = 10;

    /// <summary>Channels that consume, default 1; 0 for one for each task at once, opened and closed as the backlog comes and goes.</summary>
    public int Lanes { get; set; } = 1;

    /// <summary>Unacknowledged deliveries a lane may hold; 0, the default, follows the concurrency (twice the limit, shared by the lanes), and is 1 where each task has a lane of its own.</summary>
    public int Prefetch { get; set; }

    /// <summary>Bytes of bodies that a lane may hold; above that its prefetch goes down to what fits. Default 64 MiB.</summary>
    public long HeldBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long the broker may take to confirm a message, plus a second for every MiB that is on its way. Default 10 s.</summary>
    public TimeSpan ConfirmTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a publish waits while the broker is away or blocks publishers. Default 5 s.</summary>
    public TimeSpan PublishWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages on their way without a confirm. Default 1024.</summary>
    public int MaxOutstandingConfirms { get; set; } = 1024;

    /// <summary>A connection that is silent for about twice this is given up. Default 10 s.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages are ready, slots are free and nothing is delivered for this long: the connection is rebuilt. Default 30 s.</summary>
    public TimeSpan StalledAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The broker's own <c>consumer_timeout</c>: after that it takes back what is not acknowledged, and closes the channel. It cannot be asked for, so it is named here; handlers that may take
    /// longer are refused at the start. 0: the broker has none. Default 30 min, RabbitMQ's default.
    /// </summary>
    public TimeSpan ConsumerTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Default all.</summary>
    public RecordMode Record { get; set; } = RecordMode.All;

    /// <summary>Default ledger.</summary>
    public GuardMode Guard { get; set; } = GuardMode.Ledger;

    /// <summary>With Redis as guard: what happens while Redis is away. Default wait.</summary>
    public GuardAway GuardAway { get; set; } = GuardAway.Wait;

    /// <summary>Whether transitions are announced on the status exchange. Default true.</summary>
    public bool StatusEvents { get; set; } = true;
}

public enum RabbitQueueType
{
    /// <summary>Replicated, with a delivery limit.</summary>
    Quorum,

    /// <summary>One node, no delivery limit, at-most-once dead-lettering by the broker.</summary>
    Classic,
}
