using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>
/// Declares on a channel that is replaced when the broker closes it, which is how the broker says "no such queue", "differs" and "not allowed".
/// Looks first and declares what is missing; then declares what is there once more, because only that compares its arguments.
/// </summary>
internal sealed partial class DeclaringChannel(IConnection connection, ILogger logger) : IAsyncDisposable
{
    private const ushort AccessRefused = 403;
    private const ushort NotFound = 404;
    private const ushort PreconditionFailed = 406;

    private IChannel? _channel;

    public Task QueueAsync(string name, IDictionary<string, object?> arguments, CancellationToken cancellationToken) => EnsureAsync(
        $"queue '{name}'",
        channel => channel.QueueDeclarePassiveAsync(name, cancellationToken),
        channel => channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken),
        cancellationToken);

    public Task ExchangeAsync(string name, string type, CancellationToken cancellationToken) => EnsureAsync(
        $"exchange '{name}'",
        channel => channel.ExchangeDeclarePassiveAsync(name, cancellationToken),
        channel => channel.ExchangeDeclareAsync(name, type, durable: true, autoDelete: false, cancellationToken: cancellationToken),
        cancellationToken);

    public async Task BindAsync(string queue, string exchange, string routingKey, CancellationToken cancellationToken)
    {
        var refused = await TryAsync(channel => channel.QueueBindAsync(queue, exchange, routingKey, cancellationToken: cancellationToken), AccessRefused, cancellationToken);
        if (refused is not null)
        {
            Log.NotAllowed(logger, $"the binding of queue '{queue}' to exchange '{exchange}'");
        }
    }

    private async Task EnsureAsync(string what, Func<IChannel, Task> look, Func<IChannel, Task> declare, CancellationToken cancellationToken)
    {
        var isMissing = await TryAsync(look, NotFound, cancellationToken) is not null;
        try
        {
            var refused = await TryAsync(declare, isMissing ? (ushort)0 : AccessRefused, cancellationToken);
            if (refused is not null)
            {
                // It exists, and this user may use it but not declare it: whoever made it answers for its arguments.
                Log.NotAllowed(logger, what);
            }
            else if (isMissing)
            {
                Log.Declared(logger, what);
            }
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == PreconditionFailed)
        {
            _channel = null;
            throw TopologyMismatchException.From(what, e.ShutdownReason.ReplyText);
        }
    }

    /// <summary>The broker's answer when it closed the channel with the expected code; null when the call succeeded.</summary>
    private async Task<string?> TryAsync(Func<IChannel, Task> call, ushort expected, CancellationToken cancellationToken)
    {
        _channel ??= await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await call(_channel);
            return null;
        }
        catch (OperationInterruptedException e) when (expected != 0 && e.ShutdownReason?.ReplyCode == expected)
        {
            await _channel.DisposeAsync();
            _channel = null;
            return e.ShutdownReason.ReplyText;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "RabbitMQ: declared {What}")]
        public static partial void Declared(ILogger logger, string what);

        [LoggerMessage(Level = LogLevel.Debug, Message = "RabbitMQ: {What} may not be declared by this user; it is taken as it is")]
        public static partial void NotAllowed(ILogger logger, string what);
    }
}
