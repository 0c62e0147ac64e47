using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>A Kafka cluster as a client that is not ours sees it.</summary>
/// <param name="options">For the address and the names.</param>
public sealed class KafkaOutside(KafkaOptions options, RetrySchedule schedule) : IOutsideBroker
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(10);

    private readonly KafkaTopicNames _names = new(options, schedule);

    /// <summary>By the hash of the body: what is no task says no id, and is found by its bytes.</summary>
    private readonly ConcurrentDictionary<string, string> _poison = new();

    private readonly List<DeadLetterSeen> _dead = [];
    private readonly Dictionary<TopicPartition, long> _next = [];
    private readonly IProducer<byte[]?, byte[]?> _producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
    {
        BootstrapServers = options.BootstrapServers, Acks = Acks.All, EnableIdempotence = true, LingerMs = 1, Partitioner = Confluent.Kafka.Partitioner.Murmur2Random, MessageTimeoutMs = 20_000, ReconnectBackoffMaxMs = 1000,
    }).SetLogHandler((_, _) => { }).Build();

    private readonly IAdminClient _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = options.BootstrapServers, ReconnectBackoffMaxMs = 1000 }).SetLogHandler((_, _) => { }).Build();
    private readonly IConsumer<byte[]?, byte[]?> _reader = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
    {
        BootstrapServers = options.BootstrapServers, GroupId = $"{options.GroupId}-outside", EnableAutoCommit = false, FetchWaitMaxMs = 20, ReconnectBackoffMaxMs = 1000,
    }).SetLogHandler((_, _) => { }).Build();

    public string Module => "kafka";

    public string Product { get; private set; } = "Kafka";

    /// <summary>Asks whether there is a cluster at all.</summary>
    /// <exception cref="KafkaException">There is none.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => Task.Run(
        () => Product = $"Kafka at {options.BootstrapServers}, {_admin.GetMetadata(AskTimeout).Brokers.Count} brokers", cancellationToken);

    public async Task<PublishAnswer> PublishAsync(string id, string? key, ReadOnlyMemory<byte> body)
    {
        if (TaskMessageCodec.Decode(body, null, 0, out _) is null)
        {
            _poison[Convert.ToHexString(SHA256.HashData(body.Span))] = id;
        }
        try
        {
            await _producer.ProduceAsync(_names.Work, new Message<byte[]?, byte[]?> { Key = key is null ? null : Encoding.UTF8.GetBytes(key), Value = body.ToArray() });
            return PublishAnswer.Confirmed;
        }
        catch (ProduceException<byte[]?, byte[]?> e)
        {
            return e.DeliveryResult?.Status == PersistenceStatus.NotPersisted ? PublishAnswer.Refused : PublishAnswer.Unknown;
        }
        catch (KafkaException)
        {
            return PublishAnswer.Unknown;
        }
    }

    public async Task<IReadOnlyDictionary<string, long>?> DepthsAsync()
    {
        try
        {
            var depths = new Dictionary<string, long>();
            foreach (var group in _names.Groups)
            {
                foreach (var topic in group.Topics)
                {
                    depths[topic] = await LagAsync(group.Id, topic);
                }
            }
            return depths;
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync(CancellationToken cancellationToken)
    {
        foreach (var (at, end) in await EndsAsync(_names.DeadLetter))
        {
            var next = _next.GetValueOrDefault(at, 0);
            if (next >= end)
            {
                continue;
            }
            _reader.Assign(new TopicPartitionOffset(at, next));
            while (next < end && await Task.Run(() => _reader.Consume(AskTimeout), cancellationToken) is { } record)
            {
                _dead.Add(Seen(record));
                _next[at] = next = record.Offset.Value + 1;
            }
        }
        return _dead;
    }

    /// <summary>Removes the topics: only for names that nobody else uses.</summary>
    public async Task RemoveAsync()
    {
        var ours = _names.Retries.Append(_names.Work).Append(_names.DeadLetter).Append(_names.Status).ToHashSet();
        var there = _admin.GetMetadata(AskTimeout).Topics.Select(topic => topic.Topic).Where(ours.Contains).ToArray();
        if (there.Length > 0)
        {
            await _admin.DeleteTopicsAsync(there);
        }
    }

    private async Task<long> LagAsync(string group, string topic)
    {
        var ends = await EndsAsync(topic);
        var answer = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [.. ends.Keys])]);
        return answer[0].Partitions.Sum(part => ends[part.TopicPartition] - (part.Offset.IsSpecial ? 0 : part.Offset.Value));
    }

    private async Task<Dictionary<TopicPartition, long>> EndsAsync(string topic)
    {
        var partitions = await Task.Run(() => _admin.GetMetadata(topic, AskTimeout).Topics.Single().Partitions.Count);
        var answer = await _admin.ListOffsetsAsync(
            Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, partition), OffsetSpec = OffsetSpec.Latest() }));
        return answer.ResultInfos.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    private DeadLetterSeen Seen(ConsumeResult<byte[]?, byte[]?> record)
    {
        string Text(string name) => record.Message.Headers.TryGetLastBytes(name, out var value) ? Encoding.UTF8.GetString(value) : "";
        int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var hash = Convert.ToHexString(SHA256.HashData(record.Message.Value ?? []));
        var id = TaskMessageCodec.Decode(record.Message.Value, Text(TaskHeaders.Origin), 5, out _)?.Id ?? _poison.GetValueOrDefault(hash, HistoryLine.Unknown);
        return new(id, Number(TaskHeaders.Series), Number(TaskHeaders.Attempt), Text(TaskHeaders.DeadReason), hash);
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _producer.Dispose();
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }
}
