using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Kafka;
using Consumers.Rabbit;

namespace Consumers.Host.Verify;

/// <summary>What the fleet of a run stands on: brokers and Redis of its own, the proxy in front of them, and the outsiders that look at them.</summary>
/// <param name="shared">A RabbitMQ that goes on after it; null for one of its own.</param>
internal sealed class Stage(VerifyRequest request, Workplace place, Uri? shared) : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);

    private readonly List<IOutsideBroker> _brokers = [];

    /// <summary>Null for a shared one, which is not to be killed.</summary>
    public RabbitNode? Rabbit { get; private set; }

    public TcpProxy? Proxy { get; private set; }

    public RedisNode? Redis { get; private set; }

    /// <summary>The mock cluster's process.</summary>
    public ChildProcess? Mock { get; private set; }

    public string KafkaServers { get; private set; } = "";

    /// <summary>One a module, in the order of the request.</summary>
    public IReadOnlyList<IOutsideBroker> Brokers => _brokers;

    public IReadOnlyList<string> Products =>
        [.. _brokers.Select(broker => broker is KafkaOutside && Mock is not null ? "Kafka's mock cluster" : broker.Product).Append(Redis is null ? "" : "Redis").Where(product => product.Length > 0).Distinct()];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(StartRabbitAsync(cancellationToken), StartRedisAsync(cancellationToken), StartKafkaAsync(cancellationToken));
        foreach (var module in request.Modules)
        {
            var broker = BrokerOf(module);
            _brokers.Add(broker);
            await PrepareAsync(broker, cancellationToken);
        }
    }

    /// <summary>For every instance.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment()
    {
        yield return new("Consumers__History__Folder", place.Histories);
        yield return new("Consumers__Ledger__Path", place.Ledger);
        yield return new("Consumers__Retry__Base", $"{Workplace.Retry.Base:c}");
        yield return new("Consumers__Retry__Cap", $"{Workplace.Retry.Cap:c}");
        yield return new("Consumers__Flaky__AllowCrashes", "true");
        yield return new("Logging__LogLevel__Default", "Warning");
        foreach (var module in ModuleSwitches.Known)
        {
            yield return new($"Consumers__{module}__Enabled", request.Modules.Contains(module) ? "true" : "false");
        }
        if (!request.IsGuarded)
        {
            yield return new("Consumers__Rabbit__Guard", "none");
            yield return new("Consumers__Rabbit__Record", "none");
        }
        if (Proxy is not null)
        {
            yield return new("RABBITMQ_URL", Proxy.Url.ToString());
            // A broker that is silent is given up in seconds.
            yield return new("Consumers__Rabbit__Heartbeat", "00:00:02");
            yield return new("Consumers__Scaling__Heartbeat", "00:00:02");
            foreach (var (section, names) in new[] { ("Rabbit", place.RabbitNames()), ("Scaling", place.ScalingNames()) })
            {
                yield return new($"Consumers__{section}__WorkQueue", names.WorkQueue);
                yield return new($"Consumers__{section}__Exchange", names.Exchange);
                yield return new($"Consumers__{section}__RetryQueuePrefix", names.RetryQueuePrefix);
                yield return new($"Consumers__{section}__DeadLetterExchange", names.DeadLetterExchange);
                yield return new($"Consumers__{section}__DeadLetterQueue", names.DeadLetterQueue);
                yield return new($"Consumers__{section}__StatusExchange", names.StatusExchange);
            }
        }
        if (Redis is not null)
        {
            yield return new("REDIS_URL", Redis.Url.ToString());
        }
        foreach (var setting in request.UsesKafka ? KafkaEnvironment() : [])
        {
            yield return setting;
        }
        if (request.Sabotage is { } sabotage && Sabotage.All.Contains(sabotage))
        {
            yield return new(Sabotage.Variable, $"{sabotage}@{place.Histories}");
        }
    }

    private IEnumerable<KeyValuePair<string, string>> KafkaEnvironment()
    {
        var names = place.KafkaNames(KafkaServers, request.KafkaServers is null);
        return
        [
            new("KAFKA_BOOTSTRAP_SERVERS", KafkaServers),
            new("Consumers__Kafka__WorkTopic", names.WorkTopic), new("Consumers__Kafka__RetryTopicPrefix", names.RetryTopicPrefix), new("Consumers__Kafka__DeadLetterTopic", names.DeadLetterTopic),
            new("Consumers__Kafka__StatusTopic", names.StatusTopic), new("Consumers__Kafka__GroupId", names.GroupId),
            new("Consumers__Kafka__Workers", "10"), new("Consumers__Kafka__SessionTimeout", "00:00:06"), new("Consumers__Kafka__CommitInterval", "00:00:00.1"),
        ];
    }

    private Uri RabbitUrl => shared ?? Rabbit!.Url;

    private async Task StartRabbitAsync(CancellationToken cancellationToken)
    {
        if (request.UsesRabbit)
        {
            if (shared is null)
            {
                Rabbit = new RabbitNode(place.Subfolder("rabbitmq"), place.Mark);
                await Rabbit.StartAsync(cancellationToken);
            }
            Proxy = TcpProxy.Start(RabbitUrl);
        }
    }

    private async Task StartRedisAsync(CancellationToken cancellationToken)
    {
        if (request.UsesRedis)
        {
            Redis = new RedisNode(place.Subfolder("redis"), place.Mark, isKept: true);
            await Redis.StartAsync(cancellationToken);
        }
    }

    private async Task StartKafkaAsync(CancellationToken cancellationToken)
    {
        if (!request.UsesKafka)
        {
            return;
        }
        if (request.KafkaServers is { } servers)
        {
            KafkaServers = servers;
            return;
        }
        var address = place.File("kafka-address");
        Mock = ChildProcess.Start(
            HostChild.Self.Command, [.. HostChild.Self.Arguments, "mock-kafka", "--address-file", address, "--obey"], HostChild.IsHarmless,
            [place.Mark.Entry, new("Consumers__Retry__Base", $"{Workplace.Retry.Base:c}"), new("Consumers__Retry__Cap", $"{Workplace.Retry.Cap:c}")],
            place.Subfolder("work"), place.File("kafka.log"));
        if (!await Waiting.UntilAsync(() => Task.FromResult(Mock.HasExited || File.Exists(address)), AnswersWithin, cancellationToken) || Mock.HasExited)
        {
            throw new VerifyAbortedException($"Kafka's mock cluster did not start. Its last lines:\n{Mock.LastLines}");
        }
        KafkaServers = (await File.ReadAllTextAsync(address, cancellationToken)).Trim();
    }

    private IOutsideBroker BrokerOf(string module) => module switch
    {
        ModuleSwitches.Kafka => new KafkaOutside(place.KafkaNames(KafkaServers, request.KafkaServers is null), Workplace.Schedule),
        ModuleSwitches.Scaling => new RabbitOutside(RabbitUrl, module, place.ScalingNames(), Workplace.Schedule),
        _ => new RabbitOutside(RabbitUrl, module, place.RabbitNames(), Workplace.Schedule),
    };

    /// <summary>An open port is not yet a broker that serves.</summary>
    private static async Task PrepareAsync(IOutsideBroker broker, CancellationToken cancellationToken)
    {
        var why = "";
        if (!await Waiting.UntilAsync(
            async () =>
            {
                try
                {
                    await broker.PrepareAsync(cancellationToken);
                    return true;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    why = e.Message;
                    return false;
                }
            },
            broker is KafkaOutside ? TimeSpan.FromSeconds(15) : AnswersWithin, cancellationToken))
        {
            throw new VerifyAbortedException($"The broker of module {broker.Module} does not answer: {why}");
        }
    }

    /// <summary>Removes what this run made on brokers that go on after it; to be called when the fleet is gone.</summary>
    public async Task CleanAsync()
    {
        foreach (var rabbit in shared is null ? [] : _brokers.OfType<RabbitOutside>())
        {
            await rabbit.RemoveAsync();
        }
        foreach (var kafka in request.KafkaServers is null ? [] : _brokers.OfType<KafkaOutside>())
        {
            await kafka.RemoveAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var broker in _brokers)
        {
            await broker.DisposeAsync();
        }
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
        if (Rabbit is not null)
        {
            await Rabbit.DisposeAsync();
        }
        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }
        if (Mock is not null)
        {
            await Mock.DisposeAsync();
        }
    }
}
