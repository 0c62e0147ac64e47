using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>
/// One channel in confirm mode. Confirms are counted here rather than by the client: its own tracking costs a third of the throughput.
/// It can be used by one writer only, so that the order of numbers is the order on the wire.
/// </summary>
internal sealed class ConfirmChannel
{
    private static readonly CreateChannelOptions Options = new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false);

    private readonly RabbitSession _session;
    private readonly IChannel _channel;

    private ConfirmChannel(RabbitSession session, IChannel channel, int limit)
    {
        (_session, _channel) = (session, channel);
        Confirms = new OutstandingConfirms(limit);
        channel.BasicAcksAsync += (_, confirm) =>
        {
            Confirms.Settle(confirm.DeliveryTag, confirm.Multiple, isConfirmed: true);
            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, confirm) =>
        {
            Confirms.Settle(confirm.DeliveryTag, confirm.Multiple, isConfirmed: false);
            return Task.CompletedTask;
        };
        channel.BasicReturnAsync += (_, returned) =>
        {
            Confirms.Return(returned.Exchange, returned.RoutingKey, returned.BasicProperties.MessageId, $"{returned.ReplyCode} {returned.ReplyText}");
            return Task.CompletedTask;
        };
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            session.Lose($"the publishing channel was closed: {reason.ReplyCode} {reason.ReplyText}");
            return Task.CompletedTask;
        };
    }

    public OutstandingConfirms Confirms { get; }

    public RabbitSession Session => _session;

    /// <summary>False while it is lost or the broker blocks publishers.</summary>
    public bool IsReady => !_session.Lost.IsCancellationRequested && _session.BlockedReason is null;

    public static async Task<ConfirmChannel> OpenAsync(RabbitSession session, int limit) =>
        new(session, await session.Connection.CreateChannelAsync(Options, session.Lost), limit);

    /// <summary>
    /// Sends the message with the next number. False when there is no room for another open confirm. When sending fails, it may or may not have been sent:
    /// the channel is given up, because its numbers no longer hold, and all that is open on it fails.
    /// </summary>
    public ValueTask<bool> TrySendAsync(OutgoingMessage message)
    {
        if (!Confirms.TryAdd(message))
        {
            return new(false);
        }
        try
        {
            var sending = _channel.BasicPublishAsync(message.Exchange, message.RoutingKey, mandatory: true, message.Properties, message.Body, _session.Lost);
            return sending.IsCompletedSuccessfully ? new(true) : AwaitAsync(sending);
        }
        catch (Exception e)
        {
            GiveUp(e);
            return new(true);
        }
    }

    public void End(string reason) =>
        Confirms.End(() => new PublishFailedException(PublishFailure.Unavailable, $"the broker did not confirm it: {reason}"));

    private async ValueTask<bool> AwaitAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (Exception e)
        {
            GiveUp(e);
        }
        return true;
    }

    private void GiveUp(Exception e)
    {
        var reason = $"sending failed: {e.Message}";
        _session.Lose(reason);
        End(reason);
    }
}
