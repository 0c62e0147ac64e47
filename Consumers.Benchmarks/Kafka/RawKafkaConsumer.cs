using Confluent.Kafka;
using Consumers.Kafka;

namespace Consumers.Benchmarks;

/// <summary>The client as the module sets it up, but for the commits, which it makes itself of the offsets that it is told.</summary>
internal static class RawKafkaConsumer
{
    public static IConsumer<byte[]?, byte[]?> Open(KafkaRun run)
    {
        var options = run.Cluster.Options;
        var config = KafkaClients.Consumer(options, run.Cluster.Servers, "bench", options.GroupId);
        config.EnableAutoCommit = true;
        config.AutoCommitIntervalMs = (int)options.CommitInterval.TotalMilliseconds;
        config.AutoOffsetReset = AutoOffsetReset.Earliest;
        var consumer = new ConsumerBuilder<byte[]?, byte[]?>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(options.WorkTopic);
        return consumer;
    }
}
