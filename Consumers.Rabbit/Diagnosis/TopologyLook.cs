using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>
/// Compares what is on the broker with what the module would declare, and makes nothing. A passive declaration does not compare arguments, and an ordinary one makes what is missing, also
/// what went missing a moment ago. So each is declared with one argument more that no broker can carry out: what exists is compared all the same, because an argument that is not of its
/// type is not looked at there; what does not exist is refused before it is made (decision 0028).
/// </summary>
internal sealed class TopologyLook(IConnection connection, RabbitTopology topology) : IAsyncDisposable
{
    private const ushort AccessRefused = 403;
    private const ushort NotFound = 404;
    private const ushort PreconditionFailed = 406;
    private const string ForQuorum = "x-max-priority";
    private const string ForClassic = "x-quorum-initial-group-size";
    private const string ForExchange = "alternate-exchange";

    private readonly List<string> _missing = [];
    private readonly List<string> _hidden = [];
    private readonly List<TopologyMismatchException> _mismatches = [];
    private IChannel? _channel;
    private QueueDeclareOk? _work;
    private int _count;

    public async Task<TopologySight> LookAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, type) in topology.Exchanges())
        {
            var what = $"exchange '{name}'";
            if (await IsThereAsync(what, channel => channel.ExchangeDeclarePassiveAsync(name, cancellationToken), cancellationToken))
            {
                await CompareExchangeAsync(name, type, cancellationToken);
            }
        }
        foreach (var (name, arguments) in topology.Queues())
        {
            var what = $"queue '{name}'";
            if (await IsThereAsync(what, async channel => Note(await channel.QueueDeclarePassiveAsync(name, cancellationToken)), cancellationToken))
            {
                await CompareQueueAsync(name, arguments, cancellationToken);
            }
        }
        return new TopologySight(_count, _missing, _hidden, _mismatches, _work);
    }

    internal async Task CompareExchangeAsync(string name, string type, CancellationToken cancellationToken)
    {
        var arguments = new Dictionary<string, object?> { [ForExchange] = 0 };
        var refusal = await AskAsync(channel => channel.ExchangeDeclareAsync(name, type, durable: true, autoDelete: false, arguments, cancellationToken: cancellationToken), cancellationToken);
        // The last that is compared: all before it is as wanted.
        if (refusal is { ReplyCode: PreconditionFailed } && !(refusal.ReplyText.Contains($"'{ForExchange}'", StringComparison.Ordinal) && refusal.ReplyText.EndsWith("is none", StringComparison.Ordinal)))
        {
            _mismatches.Add(TopologyMismatchException.From($"exchange '{name}'", refusal.ReplyText));
        }
    }

    internal async Task CompareQueueAsync(string name, Dictionary<string, object?> wanted, CancellationToken cancellationToken)
    {
        var impossible = Equals(wanted["x-queue-type"], "quorum") ? ForQuorum : ForClassic;
        var arguments = new Dictionary<string, object?>(wanted) { [impossible] = -1 };
        var refusal = await AskAsync(channel => channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken), cancellationToken);
        if (refusal is { ReplyCode: PreconditionFailed })
        {
            // Only a queue of the other type compares it.
            var isOtherType = refusal.ReplyText.Contains($"'{impossible}'", StringComparison.Ordinal);
            _mismatches.Add(TopologyMismatchException.From($"queue '{name}'", isOtherType ? $"it is of another type: wanted '{wanted["x-queue-type"]}' ('x-queue-type')" : refusal.ReplyText));
        }
    }

    private async Task<bool> IsThereAsync(string what, Func<IChannel, Task> look, CancellationToken cancellationToken)
    {
        _count++;
        var refusal = await AskAsync(look, cancellationToken);
        if (refusal is not null)
        {
            (refusal.ReplyCode == NotFound ? _missing : _hidden).Add(what);
        }
        return refusal is null;
    }

    private void Note(QueueDeclareOk answer) => _work = answer.QueueName == topology.Names.WorkQueue ? answer : _work;

    /// <summary>Why the broker closed the channel over it; null when it did not.</summary>
    private async Task<ShutdownEventArgs?> AskAsync(Func<IChannel, Task> call, CancellationToken cancellationToken)
    {
        _channel ??= await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await call(_channel);
            return null;
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason is { ReplyCode: AccessRefused or NotFound or PreconditionFailed or 405 })
        {
            await DisposeAsync();
            return e.ShutdownReason;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
        {
            _channel = null;
            await channel.DisposeAsync();
        }
    }
}

/// <param name="Count">Exchanges and queues that were looked for.</param>
/// <param name="Missing">Not there: the host declares them when it starts.</param>
/// <param name="Hidden">This user may not look at them.</param>
/// <param name="Work">The work queue; null when it could not be looked at.</param>
internal sealed record TopologySight(int Count, IReadOnlyList<string> Missing, IReadOnlyList<string> Hidden, IReadOnlyList<TopologyMismatchException> Mismatches, QueueDeclareOk? Work);
