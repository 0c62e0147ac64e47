using System.Collections.Concurrent;
using System.Text;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Contract;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Tests.Fixtures;

/// <summary>
/// The real broker named by RABBITMQ_URL, seen by a client that is not ours, with names of one test's own. Reads dead letters and status events
/// as any outside reader does: through queues of its own bound to the exchanges.
/// </summary>
public sealed class RabbitBroker : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly ConcurrentQueue<SeenMessage> _dead = new();
    private readonly ConcurrentQueue<StatusEvent> _statuses = new();

    private string _deadLetterReader = "";

    private RabbitBroker(string url, IConnection connection, IChannel channel) => (Url, _connection, _channel) = (url, connection, channel);

    public const int HugeBody = 4 * 1024 * 1024;

    public string Url { get; }

    public string Prefix { get; } = $"test-{Guid.NewGuid():N}"[..17];

    public string WorkQueue => $"{Prefix}-work";

    public string DeadLetterQueue => $"{Prefix}-dead";

    public IReadOnlyList<SeenMessage> DeadLetters => [.. _dead];

    public IReadOnlyList<StatusEvent> Statuses => [.. _statuses];

    /// <summary>Skips the test when there is no broker.</summary>
    public static async Task<RabbitBroker> ConnectAsync()
    {
        var url = Environment.GetEnvironmentVariable("RABBITMQ_URL");
        Assert.SkipWhen(string.IsNullOrEmpty(url) || url == "embedded", "RABBITMQ_URL names no broker; ./scripts/test.sh starts one");
        var factory = new ConnectionFactory { Uri = new Uri(url!), AutomaticRecoveryEnabled = false, MaxInboundMessageBodySize = 256 * 1024 * 1024 };
        var connection = await factory.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        var broker = new RabbitBroker(url!, connection, channel);
        await broker.ListenAsync();
        return broker;
    }

    /// <summary>The names of this test, for an instance in this process.</summary>
    public void Configure(RabbitOptions options)
    {
        foreach (var (name, value) in Names)
        {
            typeof(RabbitOptions).GetProperty(name)!.SetValue(options, value);
        }
        options.Url = Url;
    }

    /// <summary>The names of this test, for an instance that is a process of its own.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environmental(string module = "Rabbit") =>
        Names.Select(name => new KeyValuePair<string, string>($"Consumers__{module}__{name.Key}", name.Value)).Append(new("RABBITMQ_URL", Url));

    private Dictionary<string, string> Names => new()
    {
        [nameof(RabbitOptions.WorkQueue)] = WorkQueue,
        [nameof(RabbitOptions.Exchange)] = $"{Prefix}-exchange",
        [nameof(RabbitOptions.RetryQueuePrefix)] = $"{Prefix}-retry",
        [nameof(RabbitOptions.DeadLetterExchange)] = $"{Prefix}-dead-exchange",
        [nameof(RabbitOptions.DeadLetterQueue)] = $"{Prefix}-dead",
        [nameof(RabbitOptions.StatusExchange)] = $"{Prefix}-status",
    };

    /// <summary>Publishes through the default exchange, confirmed.</summary>
    /// <param name="queue">Default: the work queue.</param>
    public async Task PublishAsync(ReadOnlyMemory<byte> body, string? messageId, IReadOnlyDictionary<string, string>? headers = null, string? queue = null)
    {
        var properties = new BasicProperties { DeliveryMode = DeliveryModes.Persistent, MessageId = messageId };
        if (headers is not null)
        {
            properties.Headers = headers.ToDictionary(header => header.Key, header => (object?)header.Value);
        }
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _channel.BasicPublishAsync("", queue ?? WorkQueue, mandatory: true, properties, body);
                return;
            }
            // A quorum queue that was declared a moment ago may still elect its leader, and refuses meanwhile: a client publishes again.
            catch (PublishException) when (attempt < 20)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>Publishes straight to the fleet's dead-letter queue, confirmed, as anybody can.</summary>
    public async Task PublishDeadAsync(ReadOnlyMemory<byte> body, string? messageId = null, params (string Name, object? Value)[] headers) => await _channel.BasicPublishAsync(
        "", $"{Prefix}-dead", mandatory: true, new BasicProperties { Persistent = true, MessageId = messageId, Headers = headers.ToDictionary(header => header.Name, header => header.Value) }, body);

    /// <summary>A queue of this test bound to the dead letters, which refuses what is more than so many; named by its end.</summary>
    public async Task BindFullQueueAsync(string queue, int most)
    {
        await _channel.QueueDeclareAsync($"{Prefix}-{queue}", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = most, ["x-overflow"] = "reject-publish" });
        await _channel.QueueBindAsync($"{Prefix}-{queue}", $"{Prefix}-dead-exchange", "");
    }

    /// <summary>Messages ready in a queue, as the broker tells it.</summary>
    public async Task<long> ReadyAsync(string queue)
    {
        // A channel of its own: asking for a queue that is not there closes the channel.
        await using var channel = await _connection.CreateChannelAsync();
        return (await channel.QueueDeclarePassiveAsync(queue)).MessageCount;
    }

    /// <summary>From now on <see cref="DeadLetters"/> sees nothing, and the fleet's own queue is the only one.</summary>
    public Task StopReadingDeadLettersAsync() => _channel.QueueUnbindAsync(_deadLetterReader, $"{Prefix}-dead-exchange", "");

    /// <summary>Deletes a queue of this test, named by its end. Returns how many messages went with it.</summary>
    public async Task<uint> DeleteQueueAsync(string queue) => await _channel.QueueDeleteAsync($"{Prefix}-{queue}");

    /// <summary>Empties a queue of this test, named by its end. Returns how many messages are gone.</summary>
    public async Task<uint> PurgeAsync(string queue) => await _channel.QueuePurgeAsync($"{Prefix}-{queue}");

    /// <summary>Deletes an exchange of this test, named by its end, and with it its bindings.</summary>
    public Task DeleteExchangeAsync(string exchange) => _channel.ExchangeDeleteAsync($"{Prefix}-{exchange}");

    /// <summary>A message may come before the instance has declared its queue.</summary>
    public Task UntilDeclaredAsync() => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return await ReadyAsync(WorkQueue) >= 0;
            }
            catch (OperationInterruptedException)
            {
                return false;
            }
        },
        "the work queue is declared");

    private async Task ListenAsync()
    {
        await _channel.ExchangeDeclareAsync($"{Prefix}-dead-exchange", ExchangeType.Fanout, durable: true);
        await _channel.ExchangeDeclareAsync($"{Prefix}-status", ExchangeType.Topic, durable: true);
        _deadLetterReader = await ReadAsync($"{Prefix}-dead-exchange", "", delivery => _dead.Enqueue(new SeenMessage(Kept(delivery.Body), delivery.BasicProperties.MessageId, Texts(delivery.BasicProperties.Headers))));
        await ReadAsync($"{Prefix}-status", "#", delivery => _statuses.Enqueue(System.Text.Json.JsonSerializer.Deserialize<StatusEvent>(delivery.Body.Span, System.Text.Json.JsonSerializerOptions.Web)!));
    }

    private async Task<string> ReadAsync(string exchange, string routingKey, Action<BasicDeliverEventArgs> read)
    {
        var channel = await _connection.CreateChannelAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        await channel.QueueBindAsync(queue, exchange, routingKey);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            read(delivery);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return queue;
    }

    /// <summary>Of a huge body its SHA-256 is kept, so that a hundred of them fit.</summary>
    private static byte[] Kept(ReadOnlyMemory<byte> body) =>
        body.Length > HugeBody ? System.Security.Cryptography.SHA256.HashData(body.Span) : body.ToArray();

    private static Dictionary<string, string> Texts(IDictionary<string, object?>? headers) =>
        (headers ?? new Dictionary<string, object?>()).ToDictionary(header => header.Key, header => header.Value is byte[] text ? Encoding.UTF8.GetString(text) : $"{header.Value}");

    public async ValueTask DisposeAsync()
    {
        await using (var channel = await _connection.CreateChannelAsync())
        {
            foreach (var exchange in (string[])["exchange", "dead-exchange", "status"])
            {
                await channel.ExchangeDeleteAsync($"{Prefix}-{exchange}");
            }
            foreach (var queue in (string[])["work", "dead", .. Tiers().Select(tier => $"retry.{tier}")])
            {
                await channel.QueueDeleteAsync($"{Prefix}-{queue}");
            }
        }
        await _connection.CloseAsync();
    }

    /// <summary>Every tier that a test of ours may have declared; deleting what is not there is no error.</summary>
    private static IEnumerable<string> Tiers() =>
        ((RetryOptions[])[new(), new() { Base = TimeSpan.FromMilliseconds(100), Cap = TimeSpan.FromMilliseconds(1600) }])
        .SelectMany(options => new RetrySchedule(options).Tiers).Select(RetrySchedule.NameOf).Distinct();
}
