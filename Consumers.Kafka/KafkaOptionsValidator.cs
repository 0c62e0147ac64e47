using System.Text.RegularExpressions;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Kafka;

/// <summary>All that is wrong at once. What <c>Client</c> holds is never repeated: it may be a password.</summary>
public sealed partial class KafkaOptionsValidator : IValidateOptions<KafkaOptions>
{
    /// <summary>A retry topic adds its tier, a task's id the partition and the offset; Kafka's own limit is 249.</summary>
    private const int LongestTopic = 90;

    /// <summary>What the guarantees rest on.</summary>
    private static readonly string[] Reserved =
    [
        "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "group.protocol", "client.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
        "partition.assignment.strategy", "session.timeout.ms", "max.poll.interval.ms", "enable.idempotence", "acks", "request.required.acks", "message.timeout.ms", "delivery.timeout.ms",
        "linger.ms", "queue.buffering.max.ms", "message.max.bytes", "enable.partition.eof", "transactional.id", "test.mock.num.brokers",
    ];

    public ValidateOptionsResult Validate(string? name, KafkaOptions options)
    {
        if (!options.Enabled)
        {
            return ValidateOptionsResult.Success;
        }
        var errors = new OptionErrors(KafkaOptions.Section);
        errors.Check(AreServers(options.BootstrapServers), nameof(options.BootstrapServers), options.BootstrapServers, "host:port, several separated by commas, or 'embedded' (KAFKA_BOOTSTRAP_SERVERS goes before it)");
        CheckTopics(errors, options);
        errors.Check(options.GroupId is { Length: > 0 and <= 200 } && !options.GroupId.Any(char.IsControl), nameof(options.GroupId), options.GroupId, "1 to 200 characters");
        errors.Check(options.Partitions is >= 1 and <= 10_000, nameof(options.Partitions), options.Partitions, "1 to 10000");
        errors.Check(options.RetryPartitions is >= 1 and <= 10_000, nameof(options.RetryPartitions), options.RetryPartitions, "1 to 10000");
        errors.Check(options.ReplicationFactor is -1 or (>= 1 and <= 32), nameof(options.ReplicationFactor), options.ReplicationFactor, "-1 (the broker's default) or 1 to 32");
        errors.Check(options.Workers is >= 1 and <= 2000, nameof(options.Workers), options.Workers, "1 to 2000");
        errors.Check(options.MaxInFlight is >= 1 and <= 100_000, nameof(options.MaxInFlight), options.MaxInFlight, "1 to 100000");
        errors.Check(options.MaxSpread >= options.MaxInFlight && options.MaxSpread <= 10_000_000, nameof(options.MaxSpread), options.MaxSpread, "MaxInFlight to 10000000");
        errors.Check(options.HeldBytes is >= 1024 * 1024 and <= 4L * 1024 * 1024 * 1024, nameof(options.HeldBytes), options.HeldBytes, "1048576 (1 MiB) to 4294967296 (4 GiB)");
        CheckTime(errors, nameof(options.CommitInterval), options.CommitInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        CheckTime(errors, nameof(options.RevokeTimeout), options.RevokeTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        CheckTime(errors, nameof(options.SessionTimeout), options.SessionTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30));
        errors.Check(options.MaxPollInterval >= options.SessionTimeout && options.MaxPollInterval <= TimeSpan.FromHours(24), nameof(options.MaxPollInterval), options.MaxPollInterval, "SessionTimeout to 24 hours");
        CheckTime(errors, nameof(options.PublishTimeout), options.PublishTimeout, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10));
        CheckTime(errors, nameof(options.Linger), options.Linger, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        errors.Check(Enum.IsDefined(options.Record), nameof(options.Record), options.Record, string.Join(" or ", Enum.GetNames<RecordMode>()));
        errors.Check(Enum.IsDefined(options.Guard), nameof(options.Guard), options.Guard, string.Join(" or ", Enum.GetNames<GuardMode>()));
        errors.Check((options.Record == RecordMode.All) == (options.Guard == GuardMode.Ledger), nameof(options.Guard), options.Guard,
            options.Record == RecordMode.All ? "Ledger, because Record is All" : "Redis or None, because Record is None");
        errors.Check(Enum.IsDefined(options.GuardAway), nameof(options.GuardAway), options.GuardAway, string.Join(" or ", Enum.GetNames<GuardAway>()));
        foreach (var setting in options.Client.Keys)
        {
            errors.Check(!Reserved.Contains(setting, StringComparer.OrdinalIgnoreCase), $"{nameof(options.Client)}:{setting}", "set", "left out: the fleet sets it itself, or has an option for it");
        }
        return errors.Result;
    }

    private static void CheckTopics(OptionErrors errors, KafkaOptions options)
    {
        (string Name, string Value)[] topics =
        [
            (nameof(options.WorkTopic), options.WorkTopic),
            (nameof(options.RetryTopicPrefix), options.RetryTopicPrefix),
            (nameof(options.DeadLetterTopic), options.DeadLetterTopic),
            (nameof(options.StatusTopic), options.StatusTopic),
        ];
        foreach (var (option, value) in topics)
        {
            errors.Check(value is { Length: > 0 and <= LongestTopic } && value is not "." and not ".." && TopicName().IsMatch(value), option, value, $"1 to {LongestTopic} characters of A-Z a-z 0-9 . _ -");
            errors.Check(topics.Count(topic => topic.Value == value) == 1, option, value, "another name than the other topics have");
        }
    }

    private static void CheckTime(OptionErrors errors, string option, TimeSpan value, TimeSpan min, TimeSpan max) =>
        errors.Check(value >= min && value <= max, option, value, $"{min:c} to {max:c}");

    private static bool AreServers(string? servers) =>
        string.Equals(servers?.Trim(), KafkaOptions.Embedded, StringComparison.OrdinalIgnoreCase)
        || (servers is { Length: > 0 } && servers.Split(',').All(server => ServerName().Match(server.Trim()) is { Success: true } match
            && int.TryParse(match.Groups["port"].Value, out var port) && port is >= 1 and <= 65_535));

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z")]
    private static partial Regex TopicName();

    [GeneratedRegex(@"\A(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?<port>[0-9]{1,5})\z")]
    private static partial Regex ServerName();
}
