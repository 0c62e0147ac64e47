using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consumers.Core;
using Consumers.Host.Proof;
using RabbitMQ.Client;

namespace Consumers.Tests.Fire;

/// <summary>A broker as a client that is not ours sees it, through its deaths: it connects again, and it reads dead letters from a durable queue of its own.</summary>
internal sealed class FireBroker(Uri url) : IFireBroker
{
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private IConnection? _connection;
    private IChannel? _channel;

    public string Prefix { get; } = $"fire-{Guid.NewGuid():N}"[..17];

    public string Module => "rabbit";

    private string SeenDead => $"{Prefix}-seen-dead";

    public static RetrySchedule Schedule { get; } = new(new RetryOptions { Base = TimeSpan.FromMilliseconds(100), Cap = TimeSpan.FromMilliseconds(400) });

    /// <summary>Queues that are empty when all is done.</summary>
    private IEnumerable<string> Queues => Schedule.Tiers.Select(tier => $"{Prefix}-retry.{RetrySchedule.NameOf(tier)}").Prepend($"{Prefix}-work");

    public IEnumerable<KeyValuePair<string, string>> Environmental() =>
    [
        new("RABBITMQ_URL", url.ToString()),
        new("Consumers__Rabbit__WorkQueue", $"{Prefix}-work"),
        new("Consumers__Rabbit__Exchange", $"{Prefix}-exchange"),
        new("Consumers__Rabbit__RetryQueuePrefix", $"{Prefix}-retry"),
        new("Consumers__Rabbit__DeadLetterExchange", $"{Prefix}-dead-exchange"),
        new("Consumers__Rabbit__DeadLetterQueue", $"{Prefix}-dead"),
        new("Consumers__Rabbit__StatusExchange", $"{Prefix}-status"),
        new("Consumers__Retry__Base", "00:00:00.100"),
        new("Consumers__Retry__Cap", "00:00:00.400"),
    ];

    /// <summary>To be called before the fleet starts, so that no dead letter is missed.</summary>
    public async Task DeclareAsync()
    {
        var channel = await ChannelAsync();
        await channel.ExchangeDeclareAsync($"{Prefix}-dead-exchange", ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(SeenDead, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.QueueBindAsync(SeenDead, $"{Prefix}-dead-exchange", "");
    }

    /// <summary>True when the broker has confirmed it; false when nobody knows.</summary>
    public async Task<bool> PublishAsync(string id, ReadOnlyMemory<byte> body)
    {
        try
        {
            var channel = await ChannelAsync();
            await channel.BasicPublishAsync("", $"{Prefix}-work", mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent, MessageId = id }, body)
                .AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            return true;
        }
        catch (Exception)
        {
            // Whatever it was: it is not confirmed.
            return false;
        }
    }

    /// <summary>What is ready in each queue; null while the broker does not say.</summary>
    public async Task<IReadOnlyDictionary<string, long>?> DepthsAsync()
    {
        try
        {
            var channel = await ChannelAsync();
            var depths = new Dictionary<string, long>();
            foreach (var queue in Queues)
            {
                depths[queue] = await channel.MessageCountAsync(queue);
            }
            return depths;
        }
        catch (Exception)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync()
    {
        var channel = await ChannelAsync();
        var seen = new List<DeadLetterSeen>();
        while (await channel.BasicGetAsync(SeenDead, autoAck: true) is { } letter)
        {
            var headers = letter.BasicProperties.Headers ?? new Dictionary<string, object?>();
            string Text(string name) => headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : "";
            int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            seen.Add(new(letter.BasicProperties.MessageId ?? "-", Number(TaskHeaders.Series), Number(TaskHeaders.Attempt), Text(TaskHeaders.DeadReason), Convert.ToHexString(SHA256.HashData(letter.Body.Span))));
        }
        return seen;
    }

    private async Task<IChannel> ChannelAsync()
    {
        await _connecting.WaitAsync();
        try
        {
            if (_channel is not { IsOpen: true })
            {
                if (_connection is not { IsOpen: true })
                {
                    var factory = new ConnectionFactory { Uri = url, AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = TimeSpan.FromSeconds(5) };
                    _connection = await factory.CreateConnectionAsync();
                }
                _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
            }
            return _channel;
        }
        finally
        {
            _connecting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            var channel = await ChannelAsync();
            foreach (var exchange in (string[])["exchange", "dead-exchange", "status"])
            {
                await channel.ExchangeDeleteAsync($"{Prefix}-{exchange}");
            }
            foreach (var queue in Queues.Concat([$"{Prefix}-dead", SeenDead]))
            {
                await channel.QueueDeleteAsync(queue);
            }
            await _connection!.CloseAsync();
        }
        catch (Exception)
        {
            // A broker of the test's own may be gone already, and its queues with it.
        }
        _connecting.Dispose();
    }
}
