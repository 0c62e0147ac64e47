using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>The brokers, the topics, and the groups that read them. Nothing is created or committed.</summary>
internal sealed class KafkaCheckup(KafkaModule module) : ICheckup
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(3);

    public string Area => KafkaModule.Name;

    public string Title => "Kafka";

    public string Where => module.Cluster.IsEmbedded ? KafkaOptions.Embedded : module.Options.BootstrapServers;

    public async Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        if (module.Cluster.IsEmbedded)
        {
            findings.Warn("connection", "the cluster is embedded in each process: its messages are gone with it, and no two instances share one", "KAFKA_BOOTSTRAP_SERVERS: a cluster");
            return;
        }
        if (module.Options.StaticMembership && module.Instance.Name.EndsWith($"-{module.Instance.Pid}", StringComparison.Ordinal))
        {
            findings.Warn("static-membership", "StaticMembership is on, but the instance has no name of its own: each start is a new member, and the partitions of the last one idle until its session ends", "CONSUMER_ID: a name that stays");
        }
        string? heard = null;
        using var admin = new AdminClientBuilder(KafkaClients.Admin(module.Options, module.Cluster.Servers, $"{module.Instance.Name}-doctor"))
            .SetErrorHandler((_, error) => heard = error.Code is ErrorCode.Local_AllBrokersDown && heard is not null ? heard : $"{(error.Code is ErrorCode.Local_Authentication or ErrorCode.Local_Ssl ? "!" : "")}{error.Reason}")
            .SetLogHandler((_, _) => { })
            .Build();
        try
        {
            var started = module.Time.GetTimestamp();
            var cluster = admin.GetMetadata(AskTimeout);
            findings.Ok("connection", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{cluster.Brokers.Count} brokers of a version that Kafka does not tell, answered in {module.Time.GetElapsedTime(started).TotalMilliseconds:0} ms"));
            var topics = cluster.Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic, StringComparer.Ordinal);
            await CheckTopicsAsync(findings, admin, cluster, topics);
            await CheckMembersAsync(findings, admin, topics);
            await CheckOffsetsAsync(findings, admin, topics);
        }
        catch (KafkaException e)
        {
            Tell(findings, heard ?? e.Error.Reason);
        }
    }

    private static void Tell(Findings findings, string reason)
    {
        var text = TaskHeaders.CleanError(reason.TrimStart('!')).TrimEnd('.', ' ');
        if (reason.StartsWith('!') || reason.Contains("uthentication failed", StringComparison.Ordinal))
        {
            findings.Fail("connection", $"the brokers refused this client: {text}", "Consumers:Kafka:Client: security.protocol, sasl.mechanism, sasl.username and sasl.password (or the ssl.* of librdkafka)");
        }
        else
        {
            findings.Unreachable(findings.Has("connection") ? "answer" : "connection", text,
                "start one: ./scripts/brokers.sh up. Or KAFKA_BOOTSTRAP_SERVERS: where it is. Or switch it off: Consumers__Kafka__Enabled=false");
        }
    }

    private async Task CheckTopicsAsync(Findings findings, IAdminClient admin, Metadata cluster, Dictionary<string, TopicMetadata> there)
    {
        var wanted = module.Topology.Wanted().ToArray();
        var found = wanted.Where(topic => there.ContainsKey(topic.Name)).ToArray();
        var missing = wanted.Except(found).Select(topic => topic.Name).ToArray();
        var doubts = found.Where(topic => there[topic.Name].Partitions.Count != topic.NumPartitions).Select(topic => module.Topology.CountDoubt(topic, there[topic.Name].Partitions.Count)).ToList();
        if (missing.Length > 0 && !module.Options.CreateTopics)
        {
            findings.Fail("topics", $"missing: {string.Join(", ", missing)}, and the host may not make them", "create them, or Consumers__Kafka__CreateTopics=true");
        }
        else if (doubts.Count > 0)
        {
            findings.Warn("topics", string.Join("; ", doubts), "they work as they are; set the option to what is there, and mind that more partitions move keys to others");
        }
        else if (missing.Length > 0)
        {
            findings.Ok("topics", found.Length == 0 ? "no topics yet: the host makes them when it starts" : $"missing, which the host makes when it starts: {string.Join(", ", missing)}");
        }
        else
        {
            findings.Ok("topics", $"{found.Length} topics, {found.Sum(topic => there[topic.Name].Partitions.Count)} partitions");
        }
        var configs = found.Length == 0 ? null : await module.Topology.ConfigsAsync(admin, found);
        CheckRetention(findings, found, configs);
        CheckReplication(findings, cluster, [.. found.Select(topic => there[topic.Name])], configs);
    }

    private void CheckRetention(Findings findings, TopicSpecification[] found, Dictionary<string, IReadOnlyDictionary<string, string>>? configs)
    {
        if (configs is null)
        {
            findings.Unknown("retention", found.Length == 0 ? "there is no topic to ask" : "the brokers do not tell the topics' settings", "kafka-configs.sh --describe --entity-type topics: retention.ms over the longest retry, cleanup.policy=delete");
            return;
        }
        var broken = found.SelectMany(topic => TopicRules.Broken(topic.Name, module.Names, configs.GetValueOrDefault(topic.Name))).ToArray();
        string[] doubts =
        [
            .. module.Topology.SizeDoubts(found, configs),
            .. configs.GetValueOrDefault(module.Names.DeadLetter)?.GetValueOrDefault("retention.ms") is { Length: > 0 } kept and not "-1" ? (string[])[$"'{module.Names.DeadLetter}' has retention.ms={kept}: a dead letter that is not archived by then is gone"] : [],
        ];
        if (broken.Length > 0)
        {
            findings.Fail("retention", $"topics that would lose tasks: {string.Join("; ", broken)}", "kafka-configs.sh --alter --entity-type topics --entity-name <topic> --add-config <setting>");
        }
        else if (doubts.Length > 0)
        {
            findings.Warn("retention", string.Join("; ", doubts), "kafka-configs.sh --alter --entity-type topics --entity-name <topic> --add-config <setting>");
        }
        else
        {
            findings.Ok("retention", "retention and sizes suffice");
        }
    }

    private static void CheckReplication(Findings findings, Metadata cluster, TopicMetadata[] topics, Dictionary<string, IReadOnlyDictionary<string, string>>? configs)
    {
        var partitions = topics.SelectMany(topic => topic.Partitions.Select(partition => (topic.Topic, Partition: partition, Least: Least(topic.Topic)))).ToArray();
        var leaderless = partitions.Where(part => part.Partition.Leader < 0).Select(part => $"{part.Topic}:{part.Partition.PartitionId}").ToArray();
        var refusing = partitions.Where(part => part.Partition.InSyncReplicas.Length < part.Least).Select(part => $"{part.Topic}:{part.Partition.PartitionId}").ToArray();
        if (leaderless.Length > 0)
        {
            findings.Fail("replication", $"no broker leads {string.Join(", ", leaderless.Take(3))}: nobody can read or write there", "start the broker that has them; kafka-topics.sh --describe");
        }
        else if (refusing.Length > 0)
        {
            findings.Fail("replication", $"fewer replicas are in sync than min.insync.replicas asks for, so nothing can be published to {string.Join(", ", refusing.Take(3))}", "start the missing brokers, or lower min.insync.replicas; kafka-topics.sh --describe --under-min-isr-partitions");
        }
        else if (cluster.Brokers.Count > 1 && partitions.Any(part => part.Partition.Replicas.Length == 1))
        {
            findings.Warn("replication", "there are topics with one replica: when its broker is gone, so are their tasks", "kafka-reassign-partitions.sh, and Consumers__Kafka__ReplicationFactor=3 for topics that are made");
        }
        else
        {
            findings.Ok("replication", partitions.Length == 0 ? "no partitions yet" : $"{partitions.Min(part => part.Partition.Replicas.Length)} replicas");
        }

        int Least(string topic) => int.TryParse(configs?.GetValueOrDefault(topic)?.GetValueOrDefault("min.insync.replicas"), out var least) ? least : 1;
    }

    private async Task CheckMembersAsync(Findings findings, IAdminClient admin, Dictionary<string, TopicMetadata> topics)
    {
        try
        {
            var members = await Task.Run(() => GroupReader.Members(admin, module.Options.GroupId, AskTimeout));
            var twice = members.GroupBy(member => member.ClientId).Where(name => name.Count() > 1).Select(name => name.Key).ToArray();
            var partitions = topics.TryGetValue(module.Names.Work, out var work) ? work.Partitions.Count : module.Options.Partitions;
            if (twice.Length > 0)
            {
                findings.Fail("group", $"members of '{module.Options.GroupId}' share an instance's name: {TaskHeaders.CleanError(string.Join(", ", twice))}", "a CONSUMER_ID of its own for each instance");
            }
            else if (members.Count > partitions)
            {
                findings.Warn("group", $"{members.Count} members for {partitions} partitions: {members.Count - partitions} have nothing to do", "fewer instances, or more partitions (which moves keys)");
            }
            else
            {
                findings.Ok("group", $"{members.Count} members in '{module.Options.GroupId}'");
            }
        }
        catch (KafkaException e)
        {
            findings.Unknown("group", $"who is in '{module.Options.GroupId}' the brokers do not tell: {TaskHeaders.CleanError(e.Error.Reason)}", "kafka-consumer-groups.sh --describe --members");
        }
    }

    /// <summary>Committed below what is kept: records were deleted that nobody had read. Committed beyond the end: the topic is not the one it was.</summary>
    private async Task CheckOffsetsAsync(Findings findings, IAdminClient admin, Dictionary<string, TopicMetadata> topics)
    {
        var (gaps, beyond, read) = (new List<string>(), new List<string>(), 0);
        foreach (var group in module.Names.Groups)
        {
            TopicPartition[] all = [.. group.Topics.Where(topics.ContainsKey).SelectMany(topic => topics[topic].Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId)))];
            if (all.Length == 0)
            {
                continue;
            }
            var lows = await GroupWatch.OffsetsAsync(admin, all, OffsetSpec.Earliest());
            var ends = await GroupWatch.OffsetsAsync(admin, all, OffsetSpec.Latest());
            foreach (var part in await Task.Run(() => module.Groups.Committed(group.Id, all, AskTimeout).ToArray()))
            {
                read++;
                if (lows.TryGetValue(part.TopicPartition, out var low) && part.Offset.Value < low)
                {
                    gaps.Add($"{part.Topic}:{part.Partition.Value} is committed at {part.Offset.Value}, and begins at {low}");
                }
                else if (ends.TryGetValue(part.TopicPartition, out var end) && part.Offset.Value > end)
                {
                    beyond.Add($"{part.Topic}:{part.Partition.Value} is committed at {part.Offset.Value}, and ends at {end}");
                }
            }
        }
        if (gaps.Count + beyond.Count > 0)
        {
            findings.Fail("offsets", string.Join("; ", gaps.Concat(beyond).Take(3)) + (gaps.Count > 0 ? ": records were deleted before anybody read them" : ": the topic was made anew, and its first records would be skipped"),
                gaps.Count > 0 ? "raise retention.ms; the host goes on at the beginning, and shows the gap on /kafka" : "kafka-consumer-groups.sh --reset-offsets --to-earliest while no instance runs");
        }
        else
        {
            findings.Ok("offsets", read == 0 ? "nothing committed yet" : $"{read} committed offsets in range");
        }
    }
}
