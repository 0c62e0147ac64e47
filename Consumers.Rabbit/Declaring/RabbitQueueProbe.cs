using Consumers.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>How many messages are ready in each queue, asked passively. A depth is for showing and proves nothing: a quorum queue reports 0 for a while after a crash.</summary>
internal sealed class RabbitQueueProbe(RabbitTopologyNames names, RetrySchedule schedule)
{
    /// <summary>All queues of the module; unknown without a connection, and where the broker did not answer until cancelled. Does not throw for either.</summary>
    public async Task<IReadOnlyList<QueueDepth>> AskAsync(IConnection? connection, CancellationToken cancellationToken)
    {
        var depths = new List<QueueDepth>(schedule.Tiers.Count + 2);
        IChannel? channel = null;
        try
        {
            foreach (var (name, role, tier) in Queues())
            {
                QueueDeclareOk? answer = null;
                if (connection is { IsOpen: true })
                {
                    try
                    {
                        channel ??= await connection.CreateChannelAsync(cancellationToken: cancellationToken);
                        answer = await channel.QueueDeclarePassiveAsync(name, cancellationToken);
                    }
                    catch (OperationInterruptedException)
                    {
                        // No such queue, or no permission: the broker has closed the channel over it.
                        channel = null;
                    }
                    catch (Exception e) when (IsAway(e))
                    {
                        connection = null;
                    }
                }
                depths.Add(new QueueDepth(name, role, answer?.MessageCount, answer?.ConsumerCount, tier));
            }
        }
        finally
        {
            if (channel is not null)
            {
                await channel.DisposeAsync();
            }
        }
        return depths;
    }

    /// <summary>Ready messages of the work queue; null when the broker does not say.</summary>
    public Task<long?> ReadyAsync(IConnection connection, CancellationToken cancellationToken) => ReadyAsync(connection, names.WorkQueue, cancellationToken);

    /// <summary>Ready messages of a queue; null when the broker does not say.</summary>
    public async Task<long?> ReadyAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        try
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
        }
        catch (Exception e) when (e is OperationInterruptedException || IsAway(e))
        {
            return null;
        }
    }

    private IEnumerable<(string Name, string Role, TimeSpan? Tier)> Queues()
    {
        yield return (names.WorkQueue, "work", null);
        foreach (var tier in schedule.Tiers)
        {
            yield return (names.RetryQueue(tier), "retry", tier);
        }
        yield return (names.DeadLetterQueue, "dead", null);
    }

    private static bool IsAway(Exception e) =>
        e is RabbitMQClientException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException;
}
