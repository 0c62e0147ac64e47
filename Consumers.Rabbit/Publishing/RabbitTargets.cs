using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>Where a module publishes, by the names that OpenTelemetry gives destinations of RabbitMQ: <c>exchange:routing key</c>, and for the default exchange the queue alone.</summary>
internal sealed class RabbitTargets(string module, RabbitTopologyNames names, string clientId, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, PublishTarget> _queues = new(StringComparer.Ordinal);

    public PublishTarget Work { get; } = new(module, "rabbitmq", "publish", $"{names.Exchange}:{names.WorkQueue}", clientId, time);

    public PublishTarget Dead { get; } = new(module, "rabbitmq", "publish", $"{names.DeadLetterExchange}:{names.DeadLetterQueue}", clientId, time);

    /// <summary>Without the routing key, which has the task's type in it.</summary>
    public PublishTarget Status { get; } = new(module, "rabbitmq", "publish", names.StatusExchange, clientId, time);

    public PublishTarget Queue(string name) =>
        _queues.TryGetValue(name, out var known) ? known : _queues.GetOrAdd(name, new PublishTarget(module, "rabbitmq", "publish", name, clientId, time));
}
