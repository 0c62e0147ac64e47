using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Consumers.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consumers.Benchmarks;

/// <summary>One run's topics: filled, checked, and gone afterwards. On a mock cluster of the run's own unless a cluster is named.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    /// <summary>Records of one key run in order, so there have to be many.</summary>
    private const int Keys = 1_000;

    private readonly MockProcess? _mock;
    private readonly IAdminClient _admin;

    private BenchCluster(MockProcess? mock, string servers, string prefix)
    {
        (_mock, Servers, Prefix, Options) = (mock, servers, prefix, BenchTopics.Named(prefix));
        _admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).Build();
    }

    public string Servers { get; }

    public string Prefix { get; }

    /// <summary>With the names of this run.</summary>
    public KafkaOptions Options { get; }

    public static string Describe(string? servers) => servers is null ? "librdkafka's mock cluster, in a process of its own" : $"Kafka at {servers}";

    /// <exception cref="RunFailedException">The topics could not be made.</exception>
    public static async Task<BenchCluster> CreateAsync(string? servers, CancellationToken cancellationToken)
    {
        var prefix = $"bench-{Guid.CreateVersion7():N}";
        var mock = servers is null ? await MockProcess.StartAsync(prefix, cancellationToken) : null;
        var cluster = new BenchCluster(mock, servers ?? mock!.Servers, prefix);
        if (mock is null)
        {
            await cluster.DeclareAsync(cancellationToken);
        }
        return cluster;
    }

    /// <summary>Publishes this many new tasks with keys, all confirmed when it returns.</summary>
    /// <param name="hotKey">Every other has the same.</param>
    /// <exception cref="RunFailedException">The cluster did not take all of them, or keeps fewer.</exception>
    public async Task FillAsync(int count, bool hotKey, CancellationToken cancellationToken)
    {
        var failure = default(Error);
        var body = new BodyTemplate();
        var keys = Enumerable.Range(0, Keys).Select(key => Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture))).ToArray();
        await Task.Run(
            () =>
            {
                using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = Servers, EnableIdempotence = true, LingerMs = 20, QueueBufferingMaxMessages = 1_000_000 })
                    .SetLogHandler((_, _) => { }).Build();
                for (var i = 0; i < count; i++)
                {
                    producer.Produce(Options.WorkTopic, new Message<byte[], byte[]> { Key = keys[hotKey && i % 2 == 0 ? 0 : i % Keys], Value = body.Next().ToArray() }, report => failure = report.Error.IsError ? report.Error : failure);
                }
                producer.Flush(cancellationToken);
            },
            cancellationToken);
        var there = (await OffsetsAsync(OffsetSpec.Latest())).Zip(await OffsetsAsync(OffsetSpec.Earliest()), (end, begin) => end - begin).Sum();
        if (failure is not null || there != count)
        {
            throw new RunFailedException(failure?.Reason ?? $"of {count:N0} records the cluster keeps {there:N0}: the mock cluster drops the oldest of a partition beyond 5 MiB, so ask for fewer messages");
        }
    }

    /// <summary>Records below the group's committed offsets.</summary>
    public async Task<long> CommittedAsync()
    {
        var answer = await _admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(Options.GroupId, Partitions)]);
        return answer[0].Partitions.Sum(part => part.Offset.IsSpecial ? 0 : part.Offset.Value);
    }

    public async ValueTask DisposeAsync()
    {
        if (_mock is null)
        {
            await _admin.DeleteTopicsAsync(_admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic).Where(topic => topic.StartsWith(Prefix, StringComparison.Ordinal)));
        }
        _admin.Dispose();
        if (_mock is not null)
        {
            await _mock.DisposeAsync();
        }
    }

    private List<TopicPartition> Partitions => [.. Enumerable.Range(0, BenchTopics.Partitions).Select(partition => new TopicPartition(Options.WorkTopic, partition))];

    private async Task<IEnumerable<long>> OffsetsAsync(OffsetSpec which)
    {
        var answer = await _admin.ListOffsetsAsync(Partitions.Select(at => new TopicPartitionOffsetSpec { TopicPartition = at, OffsetSpec = which }));
        return answer.ResultInfos.OrderBy(info => info.TopicPartitionOffsetError.Partition.Value).Select(info => info.TopicPartitionOffsetError.Offset.Value);
    }

    /// <summary>As the module would.</summary>
    private async Task DeclareAsync(CancellationToken cancellationToken)
    {
        Options.BootstrapServers = Servers;
        using var cluster = new KafkaCluster(Options, NullLogger.Instance);
        using var topology = new KafkaTopology(
            Options, cluster, new KafkaTopicNames(Options, BenchTopics.Schedule()), new KafkaHealth(TimeProvider.System), "bench", 1024 * 1024, TimeProvider.System, NullLogger.Instance);
        try
        {
            await topology.EnsureAsync(cancellationToken);
        }
        catch (Exception e) when (e is KafkaException or KafkaTopologyException)
        {
            throw new BrokerAwayException($"no topics at {Servers}: {e.Message}", e);
        }
    }
}
