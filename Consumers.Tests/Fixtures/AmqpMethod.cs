namespace Consumers.Tests.Fixtures;

/// <summary>Class and method ids of AMQP 0-9-1, as they stand at the beginning of a method frame.</summary>
public readonly record struct AmqpMethod(ushort Class, ushort Method)
{
    public static readonly AmqpMethod ChannelClose = new(20, 40);
    public static readonly AmqpMethod BasicPublish = new(60, 40);
    public static readonly AmqpMethod BasicDeliver = new(60, 60);

    /// <summary>No queue is bound for a mandatory message.</summary>
    public static readonly AmqpMethod BasicReturn = new(60, 50);

    /// <summary>From a client: a delivery is settled. From the broker: a publish is confirmed.</summary>
    public static readonly AmqpMethod BasicAck = new(60, 80);

    public static readonly AmqpMethod BasicConsume = new(60, 20);
    public static readonly AmqpMethod BasicCancel = new(60, 30);
}
