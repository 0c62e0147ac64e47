using Consumers.Core;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// Keeps one connection for one purpose. When it is lost, connection, channels, topology and consumers are rebuilt as one step: the client's own
/// recovery is off, because it can lose a consumer silently or deadlock (rabbitmq-dotnet-client #1993, #2038, #1047).
/// </summary>
internal sealed partial class RabbitConnection(string purpose, RabbitOptions options, InstanceIdentity instance, RabbitHealth health, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>
    /// Above anything that a broker accepts (128 MiB by default, 512 MiB at most). The client's default of 64 MiB is below it: a single larger message
    /// then closes every connection that it is delivered to.
    /// </summary>
    private const uint MaxInboundBytes = 640u * 1024 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    private readonly ConnectionFactory _factory = FactoryFor(purpose, options, instance, time);

    /// <summary>How every connection of ours is set up.</summary>
    public static ConnectionFactory FactoryFor(string purpose, RabbitOptions options, InstanceIdentity instance, TimeProvider time) => new()
    {
        Uri = new Uri(options.Url),
        Ssl = BrokerAddress.TlsFor(new Uri(options.Url)),
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedHeartbeat = options.Heartbeat,
        RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
        ContinuationTimeout = TimeSpan.FromSeconds(15),
        HandshakeContinuationTimeout = TimeSpan.FromSeconds(10),
        MaxInboundMessageBodySize = MaxInboundBytes,
        ConsumerDispatchConcurrency = 1,
        ClientProvidedName = $"consumers:{instance.Name}:{purpose}",
        SocketFactory = family => new GatheringTcpClient(family, time),
    };

    /// <summary>Connects and runs <paramref name="session"/> on every connection, one after another, until stopped. Never throws.</summary>
    /// <param name="session">Returns when it has stopped by itself; throws when the connection must be rebuilt.</param>
    public async Task RunAsync(Func<RabbitSession, Task> session, CancellationToken stop)
    {
        var backoff = new ReconnectBackoff(random);
        var before = false;
        while (!stop.IsCancellationRequested)
        {
            IConnection? connection = null;
            try
            {
                connection = await _factory.CreateConnectionAsync(stop);
                if (before)
                {
                    TaskTelemetry.Reconnects.Add(1, new("consumers.dependency", "rabbitmq"), new("consumers.connection", purpose));
                }
                before = true;
                var current = Watch(connection, backoff);
                Log.Connected(logger, purpose, health.Address, current.BrokerVersion, CountingRule(current.BrokerVersion));
                await session(current);
                if (!stop.IsCancellationRequested)
                {
                    throw new RabbitLostException(current.LostAsync.IsCompleted ? await current.LostAsync : "it was given up");
                }
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                var failure = ConnectFailure.Of(e);
                health.Down(purpose, failure);
                var wait = backoff.Next(failure.IsRefused);
                Log.Away(logger, purpose, health.Address, failure.Reason, failure.Advice, wait.TotalSeconds);
                if (!await WaitAsync(wait, stop))
                {
                    return;
                }
            }
            finally
            {
                await CloseAsync(connection);
            }
        }
    }

    private RabbitSession Watch(IConnection connection, ReconnectBackoff backoff) => new(
        connection,
        ready: () =>
        {
            backoff.Reset();
            health.Up(purpose);
        },
        blocked: reason =>
        {
            if (reason is null)
            {
                health.Up(purpose);
                Log.Unblocked(logger, purpose, health.Address);
            }
            else
            {
                health.Blocked(purpose, reason);
                Log.Blocked(logger, purpose, health.Address, reason);
            }
        });

    private async Task<bool> WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        try
        {
            await Task.Delay(wait, time, stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task CloseAsync(IConnection? connection)
    {
        if (connection is null)
        {
            return;
        }
        try
        {
            await connection.CloseAsync(200, "done", CloseTimeout, abort: true, CancellationToken.None);
            await connection.DisposeAsync();
        }
        catch (Exception e)
        {
            // It is being given up; there is nothing that could be done about a failure.
            Log.CloseFailed(logger, e, purpose);
        }
    }

    private static string CountingRule(Version? broker) => broker >= new Version(4, 3)
        ? "rejects and lost connections raise the delivery count, handing back does not"
        : "handing back and lost connections both raise the delivery count";

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "RabbitMQ {Version} at {Address} connected for {Purpose}; {Rule}")]
        public static partial void Connected(ILogger logger, string purpose, string address, Version? version, string rule);

        [LoggerMessage(Level = LogLevel.Warning, Message = "No RabbitMQ connection for {Purpose} to {Address}: {Reason}. {Advice} Next try in {Seconds:0.0} s")]
        public static partial void Away(ILogger logger, string purpose, string address, string reason, string advice, double seconds);

        [LoggerMessage(Level = LogLevel.Warning, Message = "RabbitMQ at {Address} blocks publishing ({Purpose}): {Reason}. Free memory or disk space on the broker")]
        public static partial void Blocked(ILogger logger, string purpose, string address, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "RabbitMQ at {Address} takes messages again ({Purpose})")]
        public static partial void Unblocked(ILogger logger, string purpose, string address);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Closing the RabbitMQ connection for {Purpose} failed")]
        public static partial void CloseFailed(ILogger logger, Exception exception, string purpose);
    }
}
