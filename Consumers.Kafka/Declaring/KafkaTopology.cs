using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>Makes the topics that are missing and checks those that are there; what is wrong is said by name, and nothing is ever changed or deleted.</summary>
internal sealed partial class KafkaTopology(KafkaOptions options, KafkaCluster cluster, KafkaTopicNames names, KafkaHealth health, string clientId, int maxBodyBytes, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Room for the headers that a retry or a dead letter adds to a record that just fitted.</summary>
    private const int OnwardRoom = KafkaHeaders.MaxBytes * 2;

    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private IAdminClient? _admin;
    private volatile bool _isReady;

    /// <summary>For what the brokers know about topics and groups.</summary>
    public IAdminClient Admin => LazyInitializer.EnsureInitialized(ref _admin, () => new AdminClientBuilder(KafkaClients.Admin(options, cluster.Servers, clientId))
        .SetErrorHandler((_, error) => Log.Client(logger, error.Reason))
        .SetLogHandler((_, line) => Log.Client(logger, line.Message))
        .Build());

    /// <summary>Topics with other partitions than configured, by name; they work as they are.</summary>
    public IReadOnlyDictionary<string, int> Partitions { get; private set; } = new Dictionary<string, int>();

    /// <summary>Returns when the topics are known to be there. It waits as long as a message may wait to be confirmed, and no longer: the brokers are asked for longer than that, and by one at a time.</summary>
    /// <exception cref="PublishFailedException">They are not, or nobody could be asked.</exception>
    public async ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
        {
            return;
        }
        try
        {
            await EnsureAsync(cancellationToken).WaitAsync(options.PublishTimeout, time, cancellationToken);
        }
        catch (Exception e) when (e is KafkaException or KafkaTopologyException)
        {
            throw new PublishFailedException(PublishFailure.Unavailable, e.Message, e);
        }
        catch (TimeoutException e)
        {
            throw new PublishFailedException(PublishFailure.Unavailable, $"{cluster.Servers} did not answer within {options.PublishTimeout}", e);
        }
    }

    /// <exception cref="KafkaTopologyException">A topic is missing and may not be made, or would lose tasks as it is.</exception>
    /// <exception cref="KafkaException">The brokers did not answer.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_isReady)
            {
                return;
            }
            // Its blocking calls are kept off the caller's thread.
            await Task.Run(EnsureTopicsAsync, cancellationToken);
            _isReady = true;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose()
    {
        _admin?.Dispose();
        _one.Dispose();
    }

    private async Task EnsureTopicsAsync()
    {
        var wanted = Wanted().ToDictionary(topic => topic.Name, StringComparer.Ordinal);
        if (cluster.Mock is { } mock)
        {
            foreach (var topic in wanted.Values)
            {
                mock.EnsureTopic(topic.Name, topic.NumPartitions);
            }
        }
        var there = Describe();
        var missing = wanted.Keys.Except(there.Keys).ToArray();
        if (missing.Length > 0)
        {
            await CreateAsync([.. missing.Select(name => wanted[name])]);
            there = Describe();
        }
        Partitions = wanted.Keys.Where(there.ContainsKey).ToDictionary(name => name, name => there[name], StringComparer.Ordinal);
        await CheckAsync(wanted.Values.Where(topic => !missing.Contains(topic.Name)).ToArray());
    }

    private Dictionary<string, int> Describe() => Admin.GetMetadata(AskTimeout).Topics
        .Where(topic => !topic.Error.IsError)
        .ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count, StringComparer.Ordinal);

    private async Task CreateAsync(TopicSpecification[] topics)
    {
        var list = string.Join(", ", topics.Select(topic => $"'{topic.Name}' ({topic.NumPartitions} partitions)"));
        if (!options.CreateTopics)
        {
            throw new KafkaTopologyException($"Missing topics: {list}. Create them, or let the fleet do it: Consumers:Kafka:CreateTopics=true.");
        }
        try
        {
            await Admin.CreateTopicsAsync(topics, new CreateTopicsOptions { OperationTimeout = AskTimeout, RequestTimeout = AskTimeout });
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // Another instance started at the same moment.
        }
        catch (CreateTopicsException e)
        {
            var reasons = string.Join("; ", e.Results.Where(result => result.Error.IsError).Select(result => $"'{result.Topic}': {result.Error.Reason}"));
            throw new KafkaTopologyException($"Topics could not be created: {reasons}. Create them yourself, or give this client the right to.", e);
        }
        Log.Created(logger, list);
        await UntilKnownAsync(topics);
    }

    /// <summary>A topic that was just made is known to the brokers a moment later.</summary>
    private async Task UntilKnownAsync(TopicSpecification[] topics)
    {
        var asked = time.GetTimestamp();
        while (topics.Any(topic => !Describe().ContainsKey(topic.Name)) && time.GetElapsedTime(asked) < AskTimeout)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), time);
        }
    }

    private async Task CheckAsync(TopicSpecification[] topics)
    {
        var doubts = topics.Where(topic => Partitions.TryGetValue(topic.Name, out var count) && count != topic.NumPartitions)
            .Select(topic => CountDoubt(topic, Partitions[topic.Name])).ToList();
        if (await ConfigsAsync(Admin, topics) is { } configs)
        {
            var wrong = topics.SelectMany(topic => TopicRules.Broken(topic.Name, names, configs.GetValueOrDefault(topic.Name))).ToArray();
            if (wrong.Length > 0)
            {
                throw new KafkaTopologyException($"Topics that would lose tasks: {string.Join("; ", wrong)}.");
            }
            doubts.AddRange(SizeDoubts(topics, configs));
        }
        health.Topics(doubts.Count == 0 ? null : $"Topics work, but are not as configured: {string.Join("; ", doubts)}.");
        if (doubts.Count > 0)
        {
            Log.Doubts(logger, string.Join("; ", doubts));
        }
    }

    internal string CountDoubt(TopicSpecification topic, int partitions) =>
        $"'{topic.Name}' has {partitions} partitions, {topic.NumPartitions} are configured (Consumers:Kafka:{(topic.Name == names.Work ? nameof(options.Partitions) : nameof(options.RetryPartitions))})";

    internal IEnumerable<string> SizeDoubts(IEnumerable<TopicSpecification> topics, Dictionary<string, IReadOnlyDictionary<string, string>> configs) =>
        topics.Select(topic => TopicRules.TooSmall(topic.Name, names, configs.GetValueOrDefault(topic.Name), configs.GetValueOrDefault(names.Work), OnwardRoom)).OfType<string>();

    /// <summary>Null where the brokers do not tell: an old cluster, a client without the right to ask, the mock cluster.</summary>
    internal async Task<Dictionary<string, IReadOnlyDictionary<string, string>>?> ConfigsAsync(IAdminClient admin, TopicSpecification[] topics)
    {
        if (topics.Length == 0 || cluster.IsEmbedded)
        {
            return null;
        }
        try
        {
            var results = await admin.DescribeConfigsAsync(
                topics.Select(topic => topic.Name).Append(names.Work).Distinct().Select(name => new ConfigResource { Type = ResourceType.Topic, Name = name }),
                new DescribeConfigsOptions { RequestTimeout = AskTimeout });
            return results.ToDictionary(
                result => result.ConfigResource.Name,
                IReadOnlyDictionary<string, string> (result) => result.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal),
                StringComparer.Ordinal);
        }
        catch (KafkaException e)
        {
            Log.NotChecked(logger, e.Error.Reason);
            return null;
        }
    }

    /// <summary>Every topic, as it is made when it is missing.</summary>
    internal IEnumerable<TopicSpecification> Wanted()
    {
        var body = maxBodyBytes + KafkaHeaders.MaxBytes;
        yield return Topic(names.Work, options.Partitions, body);
        foreach (var topic in names.Retries)
        {
            yield return Topic(topic, options.RetryPartitions, body + OnwardRoom);
        }
        // A dead letter is the only copy, until somebody has looked at it.
        yield return Topic(names.DeadLetter, options.RetryPartitions, body + OnwardRoom, ("retention.ms", "-1"));
        yield return Topic(names.Status, options.RetryPartitions, body);
    }

    private TopicSpecification Topic(string name, int partitions, int maxBytes, params (string Name, string Value)[] more) => new()
    {
        Name = name,
        NumPartitions = partitions,
        ReplicationFactor = (short)options.ReplicationFactor,
        Configs = more.Append(("cleanup.policy", "delete")).Append(("max.message.bytes", maxBytes.ToString(System.Globalization.CultureInfo.InvariantCulture))).ToDictionary(StringComparer.Ordinal),
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Created topics: {Topics}")]
        public static partial void Created(ILogger logger, string topics);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Topics work, but are not as configured: {Topics}")]
        public static partial void Doubts(ILogger logger, string topics);

        [LoggerMessage(Level = LogLevel.Information, Message = "Retention and sizes of the topics could not be checked: {Reason}")]
        public static partial void NotChecked(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Kafka admin client: {Reason}")]
        public static partial void Client(ILogger logger, string reason);
    }
}
