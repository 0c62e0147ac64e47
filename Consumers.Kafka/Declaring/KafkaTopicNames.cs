using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>The module's topics.</summary>
internal sealed class KafkaTopicNames
{
    private readonly Dictionary<string, TimeSpan> _tiers = new(StringComparer.Ordinal);
    private readonly Dictionary<TimeSpan, string> _retryTopics = [];

    public KafkaTopicNames(KafkaOptions options, RetrySchedule schedule)
    {
        (Work, DeadLetter, Status) = (options.WorkTopic, options.DeadLetterTopic, options.StatusTopic);
        foreach (var tier in schedule.Tiers)
        {
            var topic = $"{options.RetryTopicPrefix}-{RetrySchedule.NameOf(tier)}";
            (_tiers[topic], _retryTopics[tier]) = (tier, topic);
        }
        Retries = [.. _retryTopics.Values];
        Groups = [new(options.GroupId, [Work], IsWork: true), new($"{options.GroupId}-retry", Retries)];
    }

    public string Work { get; }

    public string DeadLetter { get; }

    public string Status { get; }

    /// <summary>The retry topics, by rising tier.</summary>
    public IReadOnlyList<string> Retries { get; }

    /// <summary>
    /// The work topic has a group of its own. An assignor balances the number of partitions and not what they are: in one group with the many of the retry topics,
    /// an instance that joins may get none of the work, or all of it (decision 0015).
    /// </summary>
    public IReadOnlyList<KafkaGroup> Groups { get; }

    public string RetryTopic(TimeSpan tier) => _retryTopics[tier];

    /// <summary>Null for a topic that is no retry topic.</summary>
    public TimeSpan? TierOf(string topic) => _tiers.TryGetValue(topic, out var tier) ? tier : null;
}

/// <param name="Id">Of the consumer group.</param>
/// <param name="IsWork">It takes first attempts, which wait for workers.</param>
internal sealed record KafkaGroup(string Id, IReadOnlyList<string> Topics, bool IsWork = false);
