using Confluent.Kafka;

namespace Consumers.Kafka;

/// <summary>How the clients are set up. What the guarantees rest on stands here and nowhere else.</summary>
internal static class KafkaClients
{
    /// <summary>Idempotent, acks=all, many outstanding: a message is written once however often the client has to send it.</summary>
    public static ProducerConfig Producer(KafkaOptions options, string servers, string clientId) => With(options, new ProducerConfig
    {
        BootstrapServers = servers,
        ClientId = clientId,
        EnableIdempotence = true,
        Acks = Acks.All,
        LingerMs = options.Linger.TotalMilliseconds,
        MessageTimeoutMs = (int)options.PublishTimeout.TotalMilliseconds,
        // The broker and the topic say what is too large, not the client.
        MessageMaxBytes = 256 * 1024 * 1024,
        // As Java's clients do it: one key is in one partition whoever sends it.
        Partitioner = Partitioner.Murmur2Random,
        EnableDeliveryReports = true,
        DeliveryReportFields = "status",
        // Tasks without a key that come in one burst go to all partitions, not to one.
        StickyPartitioningLingerMs = 0,
    });

    /// <summary>Offsets are committed by us alone, and where there is none we say where to begin.</summary>
    public static ConsumerConfig Consumer(KafkaOptions options, string servers, string clientId, string group) => With(options, new ConsumerConfig
    {
        BootstrapServers = servers,
        ClientId = clientId,
        GroupId = group,
        GroupInstanceId = options.StaticMembership ? $"{group}-{clientId}" : null,
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        AutoOffsetReset = AutoOffsetReset.Error,
        SessionTimeoutMs = (int)options.SessionTimeout.TotalMilliseconds,
        // A member hears of a rebalance by its heartbeat.
        HeartbeatIntervalMs = (int)Math.Min(1000, options.SessionTimeout.TotalMilliseconds / 3),
        MaxPollIntervalMs = (int)options.MaxPollInterval.TotalMilliseconds,
        // What waits in the client beyond what was taken; what is taken has bounds of its own.
        QueuedMaxMessagesKbytes = 16 * 1024,
        FetchWaitMaxMs = 100,
        AllowAutoCreateTopics = false,
    });

    public static AdminClientConfig Admin(KafkaOptions options, string servers, string clientId) =>
        With(options, new AdminClientConfig { BootstrapServers = servers, ClientId = clientId });

    /// <summary>The user's own settings do not go over ours: the validator refuses those.</summary>
    private static T With<T>(KafkaOptions options, T config)
        where T : ClientConfig
    {
        // The default waits up to ten seconds before it looks again for a broker that was away.
        config.ReconnectBackoffMaxMs = 2000;
        foreach (var (name, value) in options.Client)
        {
            config.Set(name, value);
        }
        return config;
    }
}
