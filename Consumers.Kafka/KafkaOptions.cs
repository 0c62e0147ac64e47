using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>Section <c>Consumers:Kafka</c>.</summary>
public sealed class KafkaOptions
{
    public const string Section = "Consumers:Kafka";

    /// <summary>The word in the place of an address that starts librdkafka's mock cluster in this process.</summary>
    public const string Embedded = "embedded";

    /// <summary>Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary><c>host:port</c>, several separated by commas; <c>embedded</c> for the mock cluster in this process. The environment variable KAFKA_BOOTSTRAP_SERVERS goes before it.</summary>
    public string BootstrapServers { get; set; } = "127.0.0.1:9092";

    /// <summary>Where tasks wait. Default <c>task-execution</c>.</summary>
    public string WorkTopic { get; set; } = "task-execution";

    /// <summary>A retry topic is this, a dash and its tier: <c>task-retry-1s</c>. Default <c>task-retry</c>.</summary>
    public string RetryTopicPrefix { get; set; } = "task-retry";

    /// <summary>Default <c>task-dead-letter</c>.</summary>
    public string DeadLetterTopic { get; set; } = "task-dead-letter";

    /// <summary>Status events, keyed by the task's id. Default <c>task-status</c>.</summary>
    public string StatusTopic { get; set; } = "task-status";

    /// <summary>The consumer group; all instances of the fleet share it. Default <c>task-consumers</c>.</summary>
    public string GroupId { get; set; } = "task-consumers";

    /// <summary>Whether topics that are missing are made at the start. Default true.</summary>
    public bool CreateTopics { get; set; } = true;

    /// <summary>Of the work topic, when it is made. Default 6.</summary>
    public int Partitions { get; set; } = 6;

    /// <summary>Of every other topic, when it is made. Default 3.</summary>
    public int RetryPartitions { get; set; } = 3;

    /// <summary>Replicas of every topic that is made; -1, the default, leaves it to the broker's own default.</summary>
    public int ReplicationFactor { get; set; } = -1;

    /// <summary>Tasks at once in this instance. Default 3.</summary>
    public int Workers { get; set; } = 3;

    /// <summary>Records of one partition that are taken and not settled; at the bound the partition is paused. Default 2,000.</summary>
    public int MaxInFlight { get; set; } = 2_000;

    /// <summary>Offsets between a partition's first unsettled record and its last; at the bound the partition is paused, so that one slow task bounds what a crash would bring back. Default 10,000.</summary>
    public int MaxSpread { get; set; } = 10_000;

    /// <summary>Bytes of records that this instance holds; above that all partitions are paused. Default 64 MiB.</summary>
    public long HeldBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How often what is settled is committed while there is progress; a rebalance and the end of the process commit at once. Default 500 ms.</summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a partition that is taken away may wait for its running tasks; at most half of MaxPollInterval holds. Default 10 s.</summary>
    public TimeSpan RevokeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A consumer that is silent for this long has lost its partitions. Default 10 s.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A consumer that does not poll for this long has lost its partitions. Handlers never hold up polling, however long they run. Default 5 min.</summary>
    public TimeSpan MaxPollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether a restarted instance of the same name keeps its partitions. They idle for the session timeout when it does not come back. Default false.</summary>
    public bool StaticMembership { get; set; }

    /// <summary>How long the broker may take to confirm a message, retries within included. Default 10 s.</summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the producer collects messages before it sends them. Default 0: a batch is what has gathered while the one before was under way. More gives larger batches, and a task waits for it twice.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.Zero;

    /// <summary>Default all.</summary>
    public RecordMode Record { get; set; } = RecordMode.All;

    /// <summary>Default ledger.</summary>
    public GuardMode Guard { get; set; } = GuardMode.Ledger;

    /// <summary>With Redis as guard, what happens while it is away. Default wait.</summary>
    public GuardAway GuardAway { get; set; } = GuardAway.Wait;

    /// <summary>Whether transitions are announced on the status topic. Default true.</summary>
    public bool StatusEvents { get; set; } = true;

    /// <summary>Any setting of librdkafka by its own name, such as <c>security.protocol</c> or <c>sasl.username</c>. What the fleet rests on cannot be changed here.</summary>
    public Dictionary<string, string> Client { get; set; } = [];
}
