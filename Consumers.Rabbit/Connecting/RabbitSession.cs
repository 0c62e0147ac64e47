using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>One connection from its opening to its end. What is built on it dies with it; nothing is carried over.</summary>
internal sealed class RabbitSession
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _lostSource = new();
    private readonly Action _ready;

    public RabbitSession(IConnection connection, Action ready, Action<string?> blocked)
    {
        Connection = connection;
        _ready = ready;
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            Lose($"{reason.Initiator} closed it: {reason.ReplyCode} {reason.ReplyText}");
            return Task.CompletedTask;
        };
        connection.ConnectionBlockedAsync += (_, args) =>
        {
            BlockedReason = args.Reason;
            blocked(args.Reason);
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            BlockedReason = null;
            blocked(null);
            return Task.CompletedTask;
        };
        if (!connection.IsOpen)
        {
            Lose("it closed while it was opened");
        }
    }

    public IConnection Connection { get; }

    /// <summary>Why the broker takes no messages now; null while it does.</summary>
    public string? BlockedReason { get; private set; }

    /// <summary>Cancelled when the connection is gone.</summary>
    public CancellationToken Lost => _lostSource.Token;

    /// <summary>Completes with the reason when the connection is gone.</summary>
    public Task<string> LostAsync => _lost.Task;

    /// <summary>All that belongs to the connection stands: the state is up, and the next wait to reconnect is short again.</summary>
    public void Ready() => _ready();

    /// <summary>Gives the connection up from this side.</summary>
    public void Lose(string reason)
    {
        if (_lost.TrySetResult(reason))
        {
            // The registrations would otherwise run on the client's reading loop.
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), _lostSource, preferLocal: false);
        }
    }

    /// <summary>The broker's version, from its greeting; null when it gave none.</summary>
    public Version? BrokerVersion =>
        Connection.ServerProperties?.TryGetValue("version", out var value) == true && value is byte[] text
        && Version.TryParse(System.Text.Encoding.UTF8.GetString(text).Split('-', '+')[0], out var version) ? version : null;
}
