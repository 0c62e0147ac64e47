using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consumers.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>
/// The broker of a RabbitMQ module as a client that is not ours sees it, through its deaths: it connects again, and it reads dead letters from a durable queue of its own.
/// </summary>
/// <param name="url">Of the broker itself, around any proxy.</param>
/// <param name="options">For the names.</param>
public sealed class RabbitOutside(Uri url, string module, RabbitOptions options, RetrySchedule schedule) : IOutsideBroker
{
    private static readonly TimeSpan ConfirmPatience = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly List<DeadLetterSeen> _dead = [];
    private IConnection? _connection;
    private IChannel? _channel;

    public string Module => module;

    public string Product { get; private set; } = "RabbitMQ";

    private string SeenDead => $"{options.DeadLetterQueue}.seen";

    private IEnumerable<string> Queues => schedule.Tiers.Select(tier => $"{options.RetryQueuePrefix}.{RetrySchedule.NameOf(tier)}").Prepend(options.WorkQueue);

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var channel = await ChannelAsync();
        await channel.ExchangeDeclareAsync(options.DeadLetterExchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(
            SeenDead, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(SeenDead, options.DeadLetterExchange, "", cancellationToken: cancellationToken);
        Product = $"RabbitMQ {(_connection!.ServerProperties?.TryGetValue("version", out var version) == true && version is byte[] text ? Encoding.UTF8.GetString(text) : "")}".Trim();
    }

    public async Task<PublishAnswer> PublishAsync(string id, string? key, ReadOnlyMemory<byte> body)
    {
        IChannel channel;
        try
        {
            channel = await ChannelAsync();
        }
        catch (Exception)
        {
            // Without a connection nothing was sent.
            return PublishAnswer.Refused;
        }
        try
        {
            await channel.BasicPublishAsync("", options.WorkQueue, mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent, MessageId = id }, body)
                .AsTask().WaitAsync(ConfirmPatience, TimeProvider.System);
            return PublishAnswer.Confirmed;
        }
        catch (PublishException e) when (e.IsReturn)
        {
            return PublishAnswer.Refused;
        }
        catch (Exception)
        {
            // Whatever it was: it is not confirmed, and may have arrived.
            return PublishAnswer.Unknown;
        }
    }

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

    public async Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync(CancellationToken cancellationToken)
    {
        var channel = await ChannelAsync();
        while (await channel.BasicGetAsync(SeenDead, autoAck: true, cancellationToken) is { } letter)
        {
            var headers = letter.BasicProperties.Headers ?? new Dictionary<string, object?>();
            string Text(string name) => headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : "";
            int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            _dead.Add(new(
                letter.BasicProperties.MessageId ?? HistoryLine.Unknown, Number(TaskHeaders.Series), Number(TaskHeaders.Attempt), Text(TaskHeaders.DeadReason), Convert.ToHexString(SHA256.HashData(letter.Body.Span))));
        }
        return _dead;
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
                    var factory = new ConnectionFactory { Uri = url, Ssl = BrokerAddress.TlsFor(url), AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = TimeSpan.FromSeconds(5), ClientProvidedName = "consumers verify" };
                    _connection = await factory.CreateConnectionAsync();
                }
                _channel = await _connection.CreateChannelAsync(
                    new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
            }
            return _channel;
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Removes what the module and this reader declared.</summary>
    public async Task RemoveAsync()
    {
        var channel = await ChannelAsync();
        foreach (var exchange in (string[])[options.Exchange, options.DeadLetterExchange, options.StatusExchange])
        {
            await channel.ExchangeDeleteAsync(exchange);
        }
        foreach (var queue in Queues.Concat([options.DeadLetterQueue, SeenDead]))
        {
            await channel.QueueDeleteAsync(queue);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            try
            {
                await connection.AbortAsync();
            }
            catch (Exception)
            {
                // Its broker may be gone.
            }
            await connection.DisposeAsync();
        }
        _connecting.Dispose();
    }
}
