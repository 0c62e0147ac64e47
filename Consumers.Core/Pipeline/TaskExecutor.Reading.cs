namespace Consumers.Core;

/// <summary>What a delivery carries, and what becomes of one that carries no task.</summary>
public sealed partial class TaskExecutor
{
    /// <summary>What is no task, or passes for another, is dead-lettered as it came: no attempt, and no task's row, has a part in it.</summary>
    private ValueTask RejectAsync(Delivery delivery, Settlement.DeadLetter rejected)
    {
        delivery.Trace = History.Reject(delivery, rejected.Reason);
        return SettleAsync(delivery, null, default, Sabotage.Is(Sabotage.DropMalformed) ? Settlement.Ack.Instance : rejected, null);
    }

    private TaskMessage? Read(Delivery delivery, out Settlement.DeadLetter? rejected)
    {
        rejected = null;
        if (delivery.Body.Length > _options.MaxBodyBytes)
        {
            rejected = new(DeadReason.TooLarge, $"the body has {delivery.Body.Length} bytes; at most {_options.MaxBodyBytes} are allowed (Consumers:MaxBodyBytes)");
            return null;
        }
        var message = TaskMessageCodec.Decode(delivery.Body, delivery.FallbackId, _options.DefaultMaxRetries, out var malformed);
        if (message is null)
        {
            rejected = new(DeadReason.Malformed, malformed!.Reason);
            return null;
        }
        return delivery.KeyOverride is { } key ? message with { Key = key } : message;
    }
}
