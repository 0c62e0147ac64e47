using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>A delivery whose body lies in the client's memory and is good until <see cref="Ended"/>.</summary>
internal sealed class BorrowedDelivery(RabbitLane lane, ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) : RabbitDelivery(lane, tag, properties, body)
{
    // The client's loop must not go on in the middle of a worker's step.
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _end.Task;

    public override void End() => _end.TrySetResult();
}
