using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>What all lanes of a module share.</summary>
/// <param name="ExecuteAsync">Runs a delivery to its end; never throws.</param>
/// <param name="GiveBackAsync">Does with a delivery what keeps it whole when it is not to be begun here; never throws.</param>
/// <param name="IsPaused">Begin nothing for now.</param>
/// <param name="Slots">How many tasks the module runs at once, over all its lanes.</param>
/// <param name="Workers">How many a single lane may run at once.</param>
/// <param name="HeldBytes">Bytes of bodies that a single lane may hold.</param>
/// <param name="MaxBodyBytes">A larger body reaches no handler: it is dead-lettered out of the client's own memory.</param>
/// <param name="HandlerLimit">How long a handler may take at the most, as long as nobody says better.</param>
/// <param name="Draining">Begin nothing new.</param>
internal sealed record LaneWork(
    string Queue,
    string ConsumerTag,
    RabbitTaskPublisher Publisher,
    Func<RabbitDelivery, ValueTask> ExecuteAsync,
    Func<RabbitDelivery, ValueTask> GiveBackAsync,
    Func<bool> IsPaused,
    ElasticConcurrency Slots,
    int Workers,
    long HeldBytes,
    int MaxBodyBytes,
    TimeSpan HandlerLimit,
    TimeProvider Time,
    CancellationToken Draining);
