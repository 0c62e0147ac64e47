using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>One <c>basic.consume</c> of a lane. Derived from the client's base class: its event-raising one costs an allocation a delivery.</summary>
internal sealed class LaneConsumer(RabbitLane lane, IChannel channel, string tag) : AsyncDefaultBasicConsumer(channel)
{
    public string Tag { get; } = tag;

    public override Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
        lane.DeliverAsync(deliveryTag, properties, body);

    /// <summary>From the broker's side: the queue was deleted, or its leader is gone.</summary>
    public override async Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        await base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        lane.Lose($"the broker cancelled the consumer of queue '{lane.Queue}': the queue was deleted, or its leader is away");
    }
}
