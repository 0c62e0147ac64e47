using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>What all lanes of a module share.</summary>
/// <param name="ExecuteAsync">Runs a delivery to its end; never throws.</param>
/// <param name="Slots">How many tasks the module runs at once, over all its lanes.</param>
/// <param name="Workers">How many a single lane may run at once.</param>
/// <param name="HeldBytes">Bytes of bodies that a single lane may hold.</param>
/// <param name="Draining">Begin nothing new.</param>
internal sealed record LaneWork(
    string Queue,
    string ConsumerTag,
    RabbitTaskPublisher Publisher,
    Func<RabbitDelivery, Task> ExecuteAsync,
    ElasticConcurrency Slots,
    int Workers,
    long HeldBytes,
    TimeProvider Time,
    CancellationToken Draining);
