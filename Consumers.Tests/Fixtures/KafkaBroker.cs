using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Consumers.Core;
using Consumers.Kafka;
using Consumers.Kafka.Mock;
using Consumers.Tests.Contract;

namespace Consumers.Tests.Fixtures;

/// <summary>
/// The cluster that KAFKA_BOOTSTRAP_SERVERS names, else a mock cluster of this test's own; seen by clients that are not ours, with topics of one test's own.
/// </summary>
public sealed class KafkaBroker : IAsyncDisposable
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(10);

    private readonly IProducer<byte[]?, byte[]?> _producer;
    private readonly IAdminClient _admin;
    private readonly IConsumer<byte[]?, byte[]?> _reader;
    private string[] _topics = [];
    private readonly Dictionary<string, List<ConsumeResult<byte[]?, byte[]?>>> _read = [];

    private KafkaBroker(string servers, MockCluster? mock, int partitions)
    {
        (Servers, Mock, Partitions) = (servers, mock, partitions);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers, Acks = Acks.All, LingerMs = 1, Partitioner = Partitioner.Murmur2Random, MessageMaxBytes = 64 * 1024 * 1024 }).SetLogHandler((_, _) => { }).Build();
        _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).Build();
        _reader = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = servers, GroupId = $"{Prefix}-reader", EnableAutoCommit = false, FetchWaitMaxMs = 20 }).SetLogHandler((_, _) => { }).Build();
    }

    public string Servers { get; }

    public int Partitions { get; }

    public string Prefix { get; } = $"test-{Guid.NewGuid():N}"[..17];

    public string WorkTopic => $"{Prefix}-work";

    public string RetryPrefix => $"{Prefix}-retry";

    public string DeadLetterTopic => $"{Prefix}-dead";

    public string StatusTopic => $"{Prefix}-status";

    public string Group => $"{Prefix}-group";

    /// <summary>For faults; skips the test on a real cluster.</summary>
    public MockCluster Faults
    {
        get
        {
            Assert.SkipWhen(Mock is null, "a real cluster injects no faults: this test needs the mock cluster, and so no KAFKA_BOOTSTRAP_SERVERS");
            return Mock!;
        }
    }

    private MockCluster? Mock { get; }

    /// <param name="tiers">The retry tiers whose topics are to be there on a mock cluster.</param>
    public static async Task<KafkaBroker> StartAsync(int partitions = 2, RetryOptions? tiers = null)
    {
        var servers = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS");
        var isReal = !string.IsNullOrEmpty(servers) && servers != KafkaOptions.Embedded;
        var mock = isReal ? null : new MockCluster();
        var broker = new KafkaBroker(mock?.BootstrapServers ?? servers!, mock, partitions);
        await broker.CreateTopicsAsync(tiers ?? new RetryOptions { Base = TimeSpan.FromMilliseconds(100), Cap = TimeSpan.FromMilliseconds(400) });
        return broker;
    }

    /// <summary>The names of this test, for an instance in this process.</summary>
    public void Configure(KafkaOptions options)
    {
        foreach (var (name, value) in Names)
        {
            typeof(KafkaOptions).GetProperty(name)!.SetValue(options, value);
        }
        options.BootstrapServers = Servers;
        (options.Partitions, options.RetryPartitions) = (Partitions, 1);
        options.CommitInterval = TimeSpan.FromMilliseconds(50);
        options.SessionTimeout = TimeSpan.FromSeconds(6);
    }

    /// <summary>The names of this test, for an instance that is a process of its own and has no other module. A dead one is missed soon, or as soon as a real cluster allows.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environmental() =>
        Names.Select(name => new KeyValuePair<string, string>($"Consumers__Kafka__{name.Key}", name.Value)).Concat(
        [
            new("KAFKA_BOOTSTRAP_SERVERS", Servers),
            new("Consumers__Kafka__Partitions", $"{Partitions}"),
            new("Consumers__Kafka__RetryPartitions", "1"),
            new("Consumers__Kafka__SessionTimeout", Mock is null ? "00:00:06" : "00:00:03"),
            new("Consumers__Rabbit__Enabled", "false"),
            new("Consumers__Retry__Base", "00:00:00.100"),
            new("Consumers__Retry__Cap", "00:00:00.400"),
            new("Logging__LogLevel__Default", "Warning"),
            new("Consumers__Kafka__CommitInterval", "00:00:00.05"),
        ]);

    private Dictionary<string, string> Names => new()
    {
        [nameof(KafkaOptions.WorkTopic)] = WorkTopic,
        [nameof(KafkaOptions.RetryTopicPrefix)] = RetryPrefix,
        [nameof(KafkaOptions.DeadLetterTopic)] = DeadLetterTopic,
        [nameof(KafkaOptions.StatusTopic)] = StatusTopic,
        [nameof(KafkaOptions.GroupId)] = Group,
    };

    /// <summary>Publishes to the work topic, confirmed; where it went.</summary>
    public async Task<TopicPartitionOffset> PublishAsync(ReadOnlyMemory<byte> body, string? key = null, IReadOnlyDictionary<string, string>? headers = null, int? partition = null)
    {
        var message = new Message<byte[]?, byte[]?> { Key = key is null ? null : Encoding.UTF8.GetBytes(key), Value = body.ToArray(), Headers = [] };
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            message.Headers.Add(name, Encoding.UTF8.GetBytes(value));
        }
        return (await _producer.ProduceAsync(new TopicPartition(WorkTopic, partition ?? Partition.Any), message)).TopicPartitionOffset;
    }

    /// <summary>Publishes the record as it is.</summary>
    public async Task<TopicPartitionOffset> PublishAsync(Message<byte[]?, byte[]?> message) => (await _producer.ProduceAsync(WorkTopic, message)).TopicPartitionOffset;

    public Task<TopicPartitionOffset> PublishAsync(TaskMessage task, string? key = null, int? partition = null) => PublishAsync(TaskMessageCodec.Encode(task), key, null, partition);

    /// <summary>Everything in a topic so far, oldest first.</summary>
    public async Task<IReadOnlyList<ConsumeResult<byte[]?, byte[]?>>> ReadAsync(string topic)
    {
        var ends = await OffsetsAsync(topic, OffsetSpec.Latest());
        lock (_read)
        {
            if (!_read.TryGetValue(topic, out var read))
            {
                _read[topic] = read = [];
            }
            foreach (var (at, end) in ends)
            {
                var next = read.Where(record => record.TopicPartition == at).Select(record => record.Offset.Value + 1).DefaultIfEmpty(0).Max();
                if (next >= end)
                {
                    continue;
                }
                _reader.Assign(new TopicPartitionOffset(at, next));
                while (next < end && _reader.Consume(AskTimeout) is { } record)
                {
                    read.Add(record);
                    next = record.Offset.Value + 1;
                }
            }
            return [.. read];
        }
    }

    public async Task<IReadOnlyList<SeenMessage>> DeadLettersAsync() => [.. (await ReadAsync(DeadLetterTopic)).Select(record => new SeenMessage(record.Message.Value, IdOf(record), Texts(record.Message.Headers)))];

    public async Task<IReadOnlyList<StatusEvent>> StatusesAsync() =>
        [.. (await ReadAsync(StatusTopic)).Select(record => JsonSerializer.Deserialize<StatusEvent>(record.Message.Value, JsonSerializerOptions.Web)!)];

    /// <summary>The group's committed offsets of the work topic, by partition; what has none is not there.</summary>
    public async Task<IReadOnlyDictionary<int, long>> CommittedAsync()
    {
        var all = Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(WorkTopic, partition)).ToList();
        var answer = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(Group, all)]);
        return answer[0].Partitions.Where(part => !part.Offset.IsSpecial).ToDictionary(part => part.Partition.Value, part => part.Offset.Value);
    }

    /// <summary>Sets the group's offset of a partition of the work topic, while the group has no member.</summary>
    public async Task CommitAsync(int partition, long offset)
    {
        await Task.Run(() =>
        {
            using var member = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = Servers, GroupId = Group, EnableAutoCommit = false }).SetLogHandler((_, _) => { }).Build();
            member.Commit([new TopicPartitionOffset(WorkTopic, partition, offset)]);
        });
    }

    /// <summary>Drops records of the work topic, as retention does.</summary>
    public async Task DeleteRecordsAsync(int partition, long before)
    {
        if (Mock is not null)
        {
            Mock.DeleteRecords(WorkTopic, partition, before);
        }
        else
        {
            await _admin.DeleteRecordsAsync([new TopicPartitionOffset(WorkTopic, partition, before)]);
        }
    }

    /// <summary>Sets a topic's configuration; skips the test on the mock cluster, which has none.</summary>
    public async Task ConfigureTopicAsync(string topic, string name, string value)
    {
        Assert.SkipUnless(Mock is null, "the mock cluster keeps no configuration of topics: this test needs a real one, named by KAFKA_BOOTSTRAP_SERVERS");
        await _admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new() { Type = ResourceType.Topic, Name = topic }] = [new() { Name = name, Value = value, IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    /// <summary>Records of the work topic that are not committed.</summary>
    public async Task<long> LagAsync()
    {
        var committed = await CommittedAsync();
        return (await OffsetsAsync(WorkTopic, OffsetSpec.Latest())).Sum(end => end.Value - committed.GetValueOrDefault(end.Key.Partition.Value, 0));
    }

    /// <summary>Records of the retry topics that are not committed.</summary>
    public async Task<long> RetryLagAsync()
    {
        var topics = _topics.Where(topic => topic.StartsWith(RetryPrefix, StringComparison.Ordinal)).ToArray();
        var answer = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions($"{Group}-retry", [.. topics.Select(topic => new TopicPartition(topic, 0))])]);
        var lag = 0L;
        foreach (var part in answer[0].Partitions)
        {
            lag += (await OffsetsAsync(part.Topic, OffsetSpec.Latest())).Single().Value - (part.Offset.IsSpecial ? 0 : part.Offset.Value);
        }
        return lag;
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _producer.Dispose();
        if (Mock is null)
        {
            var ours = _admin.GetMetadata(AskTimeout).Topics.Select(topic => topic.Topic).Where(topic => topic.StartsWith(Prefix, StringComparison.Ordinal)).ToArray();
            if (ours.Length > 0)
            {
                await _admin.DeleteTopicsAsync(ours);
            }
        }
        _admin.Dispose();
        Mock?.Dispose();
    }

    private async Task CreateTopicsAsync(RetryOptions tiers)
    {
        (string Name, int Partitions)[] topics =
        [
            (WorkTopic, Partitions), (DeadLetterTopic, 1), (StatusTopic, 1),
            .. new RetrySchedule(tiers).Tiers.Select(tier => ($"{RetryPrefix}-{RetrySchedule.NameOf(tier)}", 1)),
        ];
        _topics = [.. topics.Select(topic => topic.Name)];
        if (Mock is not null)
        {
            Array.ForEach(topics, topic => Mock.EnsureTopic(topic.Name, topic.Partitions));
            return;
        }
        // As the module makes them, so that what is hostile arrives: a broker's default is 1 MiB with the headers.
        await _admin.CreateTopicsAsync(topics.Select(topic => new TopicSpecification
        {
            Name = topic.Name,
            NumPartitions = topic.Partitions,
            ReplicationFactor = -1,
            Configs = new Dictionary<string, string> { ["max.message.bytes"] = $"{(topic.Name == WorkTopic ? 2 : 4) * 1024 * 1024}" },
        }));
        await Eventually.TrueAsync(
            () => _admin.GetMetadata(AskTimeout).Topics.Count(topic => topic.Topic.StartsWith(Prefix, StringComparison.Ordinal)) == topics.Length,
            "the test's topics are known");
    }

    private async Task<Dictionary<TopicPartition, long>> OffsetsAsync(string topic, OffsetSpec which)
    {
        var count = topic == WorkTopic ? Partitions : 1;
        var answer = await _admin.ListOffsetsAsync(
            Enumerable.Range(0, count).Select(partition => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, partition), OffsetSpec = which }));
        return answer.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    /// <summary>As any reader finds it: in the body, else where the task came from.</summary>
    private static string? IdOf(ConsumeResult<byte[]?, byte[]?> record) =>
        TaskMessageCodec.Decode(record.Message.Value, KafkaHeaders.Read(record.Message.Headers, TaskHeaders.Origin), 5, out _)?.Id;

    private static Dictionary<string, string> Texts(Headers headers) =>
        headers.GroupBy(header => header.Key).ToDictionary(same => same.Key, same => Encoding.UTF8.GetString(same.Last().GetValueBytes() ?? []));
}
