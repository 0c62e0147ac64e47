using Consumers.Core;
using Consumers.Kafka.Mock;

namespace Consumers.Kafka;

/// <summary>A mock cluster that has the fleet's topics, for instances that are other processes.</summary>
public static class KafkaMock
{
    public static MockCluster Start(KafkaOptions options, RetrySchedule schedule)
    {
        var cluster = new MockCluster();
        var names = new KafkaTopicNames(options, schedule);
        cluster.EnsureTopic(names.Work, options.Partitions);
        foreach (var topic in names.Retries.Append(names.DeadLetter).Append(names.Status))
        {
            cluster.EnsureTopic(topic, options.RetryPartitions);
        }
        return cluster;
    }
}
