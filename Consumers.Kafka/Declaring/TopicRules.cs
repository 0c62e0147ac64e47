using System.Globalization;

namespace Consumers.Kafka;

/// <summary>What a topic's configuration may not be, because tasks would vanish in it or stand still for good.</summary>
internal static class TopicRules
{
    /// <summary>One sentence for each rule that is broken.</summary>
    /// <param name="config">As the brokers tell it; null when they did not.</param>
    public static IEnumerable<string> Broken(string topic, KafkaTopicNames names, IReadOnlyDictionary<string, string>? config)
    {
        if (config is null || topic == names.Status)
        {
            yield break;
        }
        if (config.TryGetValue("cleanup.policy", out var policy) && policy.Contains("compact", StringComparison.Ordinal))
        {
            yield return $"'{topic}' has cleanup.policy={policy}, which drops all tasks of a key but the last: set it to delete";
        }
        if (names.TierOf(topic) is { } tier && Number(config, "retention.ms") is >= 0 and var retention && retention < LongestWait(tier).TotalMilliseconds)
        {
            yield return $"'{topic}' has retention.ms={retention}, but a retry waits in it for up to {LongestWait(tier).TotalMilliseconds:0} ms: raise it";
        }
    }

    /// <summary>Null, or what is doubtful: a task that just fits into the work topic would be refused by this one, and hold up its partition.</summary>
    /// <param name="work">The work topic's.</param>
    /// <param name="onwardRoom">Bytes that a retry or a dead letter may add to a record.</param>
    public static string? TooSmall(string topic, KafkaTopicNames names, IReadOnlyDictionary<string, string>? config, IReadOnlyDictionary<string, string>? work, int onwardRoom) =>
        topic != names.Work && topic != names.Status && Number(config, "max.message.bytes") is { } max && Number(work, "max.message.bytes") is { } largest && max < largest + onwardRoom
            ? $"'{topic}' has max.message.bytes={max}; what '{names.Work}' takes ({largest}) and {onwardRoom} bytes of headers should fit"
            : null;

    /// <summary>The jitter adds at most a fifth; the rest is for a consumer that comes a little late.</summary>
    private static TimeSpan LongestWait(TimeSpan tier) => (tier * 1.2) + TimeSpan.FromMinutes(1);

    private static long? Number(IReadOnlyDictionary<string, string>? config, string name) =>
        config?.GetValueOrDefault(name) is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
