using System.Diagnostics;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>One delivery of one channel. Its tag means something on that channel only: when the channel is gone, the delivery is lost and comes again.</summary>
internal class RabbitDelivery(RabbitLane lane, ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) : Delivery
{
    /// <summary>
    /// From this delivery count on a task is published anew. The broker counts every broken connection against whatever was unacknowledged on it,
    /// and at its limit (20 by default) it would dead-letter innocents.
    /// </summary>
    public const int RepublishAt = 10;

    public override ReadOnlyMemory<byte> Body => body;

    public override string? FallbackId => properties.MessageId;

    public override string Origin => lane.Queue;

    public ulong Tag => tag;

    /// <summary>Somebody has said what is to become of it on its channel.</summary>
    public bool IsSettled { get; private set; }

    public override string MessagingSystem => "rabbitmq";

    /// <summary>How often it was delivered before; 0 where the broker does not count.</summary>
    public long DeliveryCount => IncomingHeaders.Number(properties, "x-delivery-count", 0);

    public override string? Header(string name) => IncomingHeaders.Text(properties, name);

    public override void Describe(Activity span) => span.SetTag("messaging.rabbitmq.message.delivery_tag", (long)tag);

    public override ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken) => settlement switch
    {
        Settlement.Ack => new(Acknowledge()),
        Settlement.HandBack => new(HandBack()),
        Settlement.DeadLetter => PublishAsync(lane.Publisher.PublishDeadAsync, settlement, onward, cancellationToken),
        _ => PublishAsync(lane.Publisher.PublishWaitingAsync, settlement, onward, cancellationToken),
    };

    /// <summary>False when the channel is gone, and the delivery with it.</summary>
    public bool HandBack()
    {
        IsSettled = true;
        return lane.HandBack(tag);
    }

    /// <summary>Publishes it unchanged to the work queue, confirmed, and acknowledges this delivery: the broker's count starts again.</summary>
    public async ValueTask<bool> PublishAgainAsync(CancellationToken cancellationToken)
    {
        await lane.Publisher.PublishAgainAsync(body, properties, cancellationToken);
        return Acknowledge();
    }

    /// <summary>It is settled, handed back or lost, and nobody reads its body any more.</summary>
    public virtual void End()
    {
    }

    private async ValueTask<bool> PublishAsync(Func<OnwardMessage, IReadOnlyBasicProperties, CancellationToken, ValueTask> publish, Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onward);
        // Already lost: it is delivered again and owes the same, so publishing here would only make it two.
        if (lane.IsLost)
        {
            return false;
        }
        var confirmed = publish(onward, properties, cancellationToken);
        if (Sabotage.Is(Sabotage.PublishWithoutConfirm))
        {
            _ = confirmed.AsTask();
            return Acknowledge();
        }
        await confirmed;
        Trace?.Confirmed(settlement);
        CrashPoint.Hit(settlement is Settlement.DeadLetter ? CrashPoints.DeadLetterConfirmed : CrashPoints.RetryConfirmed);
        return Acknowledge();
    }

    private bool Acknowledge()
    {
        IsSettled = true;
        Trace?.Acknowledging();
        return lane.Acknowledge(tag);
    }
}
