using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

/// <summary>A module with names of its own on the broker at RABBITMQ_URL, and an unsupervised connection to look at it from outside. Its queues are deleted at the end.</summary>
internal sealed class RabbitFixture : IAsyncDisposable
{
    private readonly IConnection _outside;
    private readonly CancellationTokenSource _stop = new();
    private readonly RetrySchedule _schedule;
    private readonly Random _random;
    private readonly ConcurrentBag<RabbitModule> _modules = [];

    private RabbitFixture(IConnection outside, IChannel channel, RabbitOptions options, RetrySchedule schedule)
    {
        (_outside, Channel, Options, _schedule) = (outside, channel, options, schedule);
        // Thread-safe, unlike a Random of one's own.
#pragma warning disable RS0030
        _random = Random.Shared;
#pragma warning restore RS0030
        Drain = new DrainSignals(_stop.Token, TimeSpan.FromSeconds(10), TimeProvider.System);
    }

    public RabbitOptions Options { get; }

    /// <summary>A channel of the connection from outside.</summary>
    public IChannel Channel { get; private set; }

    public DrainSignals Drain { get; }

    public InMemoryPauses Pauses { get; } = new(TimeProvider.System);

    public RabbitTopologyNames Names => RabbitTopologyNames.Of(Options);

    public static string? Url => Environment.GetEnvironmentVariable("RABBITMQ_URL");

    /// <summary>Skips the test when there is no broker.</summary>
    public static async Task<RabbitFixture> CreateAsync(Action<RabbitOptions>? configure = null, params TimeSpan[] tiers)
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Url), "no broker: RABBITMQ_URL is not set");
        IConnection connection;
        try
        {
            connection = await new ConnectionFactory { Uri = new Uri(Url!), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        }
        catch (Exception e)
        {
            Assert.Skip($"no broker at {BrokerAddress.Redact(Url)}: {e.GetBaseException().Message}");
            throw;
        }
        var prefix = $"test-{Guid.NewGuid():N}";
        var options = new RabbitOptions
        {
            Url = Url!,
            WorkQueue = prefix,
            Exchange = $"{prefix}.exchange",
            RetryQueuePrefix = $"{prefix}.retry",
            DeadLetterExchange = $"{prefix}.dead.exchange",
            DeadLetterQueue = $"{prefix}.dead",
            StatusExchange = $"{prefix}.status",
        };
        configure?.Invoke(options);
        var schedule = new RetrySchedule(new RetryOptions { Base = tiers.Length > 0 ? tiers[0] : TimeSpan.FromMilliseconds(100), Cap = tiers.Length > 0 ? tiers[^1] : TimeSpan.FromMilliseconds(200) });
        return new RabbitFixture(connection, await connection.CreateChannelAsync(), options, schedule);
    }

    public RabbitModule Module(string name = "rabbit", Action<RabbitOptions>? configure = null)
    {
        configure?.Invoke(Options);
        var module = new RabbitModule(name, "RabbitMQ", Options, new ConsumersOptions(), _schedule, new InstanceIdentity("tester", TimeProvider.System), TimeProvider.System, _random, NullLoggerFactory.Instance);
        _modules.Add(module);
        return module;
    }

    /// <summary>Declares everything.</summary>
    public async Task<RabbitModule> ReadyModuleAsync()
    {
        var module = Module();
        await module.Topology.EnsureAsync(_outside, CancellationToken.None);
        return module;
    }

    public RabbitTaskSource Source(RabbitModule module, Func<Delivery, ValueTask> execute) =>
        new(module, () => execute, Pauses, Drain, NullLogger<RabbitTaskSource>.Instance);

    /// <summary>As SIGTERM does.</summary>
    public void StopTaking() => _stop.Cancel();

    public static TaskMessage Task(string? id = null) =>
        TaskMessage.Create("test", "{\"n\":1}"u8.ToArray(), 5, TimeProvider.System.GetUtcNow()) is var message && id is null ? message : message with { Id = id! };

    /// <summary>Publishes from outside, confirmed, straight to the work queue.</summary>
    public async Task PublishRawAsync(byte[] body, BasicProperties? properties = null, string? queue = null)
    {
        await using var channel = await _outside.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.BasicPublishAsync("", queue ?? Options.WorkQueue, true, properties ?? new BasicProperties(), body);
    }

    public async Task<uint> ReadyAsync(string queue) => (await Channel.QueueDeclarePassiveAsync(queue)).MessageCount;

    public async Task<BasicGetResult> GetAsync(string queue)
    {
        BasicGetResult? result = null;
        await Eventually.TrueAsync(async () => (result = await Channel.BasicGetAsync(queue, autoAck: true)) is not null, $"there is a message in {queue}");
        return result!;
    }

    /// <summary>What is unacknowledged is not ready, so ask when the consumers are gone.</summary>
    public Task UntilEmptyAsync(string queue) => Eventually.TrueAsync(async () => await ReadyAsync(queue) == 0, $"{queue} is empty");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var module in _modules)
        {
            await module.DisposeAsync();
        }
        await using (var channel = await _outside.CreateChannelAsync())
        {
            foreach (var queue in (string[])[Names.WorkQueue, Names.DeadLetterQueue, .. _schedule.Tiers.Select(Names.RetryQueue)])
            {
                await channel.QueueDeleteAsync(queue);
            }
            foreach (var exchange in (string[])[Names.Exchange, Names.DeadLetterExchange, Names.StatusExchange])
            {
                await channel.ExchangeDeleteAsync(exchange);
            }
        }
        await _outside.DisposeAsync();
        Drain.Dispose();
        _stop.Dispose();
    }
}
