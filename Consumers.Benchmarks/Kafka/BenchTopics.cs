using Consumers.Core;
using Consumers.Kafka;

namespace Consumers.Benchmarks;

/// <summary>The module's topics under names of one run's own.</summary>
internal static class BenchTopics
{
    /// <summary>Enough for the mock cluster, which keeps 5 MiB a partition, to hold a run of 100,000.</summary>
    public const int Partitions = 12;

    public static KafkaOptions Named(string prefix)
    {
        var options = new KafkaOptions();
        Configure(options, prefix);
        return options;
    }

    public static void Configure(KafkaOptions options, string prefix)
    {
        options.WorkTopic = $"{prefix}-work";
        options.RetryTopicPrefix = $"{prefix}-retry";
        options.DeadLetterTopic = $"{prefix}-dead";
        options.StatusTopic = $"{prefix}-status";
        options.GroupId = $"{prefix}-group";
        options.Partitions = Partitions;
    }

    /// <summary>Nothing is retried here: one tier instead of seven.</summary>
    public static void Configure(ConsumersOptions options) => options.Retry.Base = options.Retry.Cap;

    public static RetrySchedule Schedule()
    {
        var shared = new ConsumersOptions();
        Configure(shared);
        return new RetrySchedule(shared.Retry);
    }
}
