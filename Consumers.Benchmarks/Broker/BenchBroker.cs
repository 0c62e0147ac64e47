using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Benchmarks;

/// <summary>The broker as the benchmarks handle it between runs: queues of their own, filled, checked and deleted.</summary>
internal sealed class BenchBroker : IAsyncDisposable
{
    private readonly ConnectionFactory _factory;
    private readonly IConnection? _own;

    private BenchBroker(Uri url, ConnectionFactory factory, IConnection? connection)
    {
        Url = url;
        _factory = factory;
        _own = connection;
    }

    public Uri Url { get; }

    private IConnection Connection => _own ?? throw new InvalidOperationException("only for opening connections");

    /// <summary>Product and version as the broker states them, and where it is; without user and password.</summary>
    public string Description => $"{Property("product")} {Property("version")} at {Connection.Endpoint.HostName}:{Connection.Endpoint.Port}";

    /// <exception cref="BrokerAwayException">Nothing that speaks AMQP lets us in there.</exception>
    public static async Task<BenchBroker> ConnectAsync(Uri url, CancellationToken cancellationToken)
    {
        var factory = Factory(url);
        try
        {
            return new BenchBroker(url, factory, await factory.CreateConnectionAsync(cancellationToken));
        }
        catch (BrokerUnreachableException e)
        {
            throw new BrokerAwayException($"no broker at {factory.Endpoint.HostName}:{factory.Endpoint.Port}: {(e.InnerException ?? e).Message}", e);
        }
    }

    /// <summary>For a process that only opens a run's own connection.</summary>
    public static BenchBroker Unconnected(Uri url) => new(url, Factory(url), null);

    /// <summary>A connection of its own for one run.</summary>
    public Task<IConnection> OpenAsync(CancellationToken cancellationToken) => _factory.CreateConnectionAsync(cancellationToken);

    public static string NewQueueName(string variant) => $"bench-{variant}-{Guid.CreateVersion7():N}";

    public async Task DeclareAsync(string queue, QueueKind kind, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = kind.ToWire() };
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }

    /// <summary>A queue whose messages go to another one after this wait; none is lost on that way where the kind of queue can promise it.</summary>
    public async Task DeclareWaitingAsync(string queue, QueueKind kind, TimeSpan wait, string thenTo, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = kind.ToWire(),
            ["x-message-ttl"] = (int)wait.TotalMilliseconds,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = thenTo,
        };
        if (kind == QueueKind.Quorum)
        {
            arguments["x-dead-letter-strategy"] = "at-least-once";
            arguments["x-overflow"] = "reject-publish";
        }
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }

    /// <summary>Puts a fanout exchange in front of a queue.</summary>
    public async Task BindFanoutAsync(string exchange, string queue, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue, exchange, "", cancellationToken: cancellationToken);
    }

    /// <summary>A subscriber for everything that goes through a topic exchange: a queue that keeps the last thousand.</summary>
    public async Task SubscribeAsync(string queue, string exchange, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = 1000 }, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue, exchange, "#", cancellationToken: cancellationToken);
    }

    /// <summary>Publishes this many new tasks, all confirmed when it returns.</summary>
    public async Task FillAsync(string queue, int count, CancellationToken cancellationToken)
    {
        await using var publisher = await ConfirmedPublisher.OpenAsync(Connection, window: 1_000, cancellationToken);
        var body = new BodyTemplate();
        for (var i = 0; i < count; i++)
        {
            await publisher.PublishAsync(queue, body.Next(), cancellationToken);
        }
        await publisher.FlushAsync(cancellationToken);
    }

    /// <summary>Messages in the queue when nothing consumes it any more.</summary>
    /// <exception cref="RunFailedException">A consumer stayed.</exception>
    public async Task<uint> CountLeftAsync(string queue, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        for (var tries = 0; tries < 50; tries++)
        {
            var state = await channel.QueueDeclarePassiveAsync(queue, cancellationToken);
            if (state.ConsumerCount == 0)
            {
                return state.MessageCount;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
        throw new RunFailedException($"queue {queue} still has a consumer");
    }

    /// <summary>Messages that wait in the queue.</summary>
    public async Task<uint> CountReadyAsync(string queue, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
    }

    public async Task<bool> HasConsumerAsync(string queue, CancellationToken cancellationToken)
    {
        await using var channel = await Connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).ConsumerCount > 0;
    }

    /// <summary>Deletes what a run left: its queues and exchanges. Those that are not there are no error.</summary>
    public async Task DeleteAsync(IEnumerable<string> queues, IEnumerable<string> exchanges)
    {
        await using var channel = await Connection.CreateChannelAsync();
        foreach (var queue in queues)
        {
            await channel.QueueDeleteAsync(queue);
        }
        foreach (var exchange in exchanges)
        {
            await channel.ExchangeDeleteAsync(exchange);
        }
    }

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static ConnectionFactory Factory(Uri url) => new()
    {
        Uri = url,
        // A run that lost its connection is no measurement: it fails instead of going on.
        AutomaticRecoveryEnabled = false,
        ClientProvidedName = "benchmarks",
    };

    private string Property(string name) =>
        Connection.ServerProperties?.TryGetValue(name, out var value) == true && value is byte[] text ? System.Text.Encoding.UTF8.GetString(text) : "unknown";
}

internal sealed class BrokerAwayException(string message, Exception inner) : Exception(message, inner);
