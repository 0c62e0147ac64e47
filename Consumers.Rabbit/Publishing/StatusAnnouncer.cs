using System.Collections.Concurrent;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>Publishes status events, of each routing key as many as somebody is bound for: see <see cref="StatusAudience"/>.</summary>
internal sealed class StatusAnnouncer(RabbitPublisher publisher, string exchange, PublishTarget target)
{
    /// <summary>Types come from outside, and what is remembered of each must not grow with them: of more than this many nothing is, and every event is sent.</summary>
    public const int MaxAudiences = 1024;

    private readonly ConcurrentDictionary<(string Type, string Status), StatusAudience> _audiences = new();

    /// <summary>Completes when the broker has the event, or has said that nobody is bound for it.</summary>
    /// <exception cref="PublishFailedException">The broker did neither.</exception>
    public ValueTask PublishAsync(StatusEvent status, CancellationToken cancellationToken)
    {
        if (!_audiences.TryGetValue((status.Type, status.Status), out var audience))
        {
            audience = new StatusAudience(publisher, status.RoutingKey(), MessageFor);
            if (_audiences.Count < MaxAudiences)
            {
                audience = _audiences.GetOrAdd((status.Type, status.Status), audience);
            }
        }
        return audience.PublishAsync(status, cancellationToken);
    }

    private OutgoingMessage MessageFor(StatusEvent status, string routingKey) => new()
    {
        Exchange = exchange,
        RoutingKey = routingKey,
        NeedsQueue = false,
        Told = target,
        Body = status.ToJson(),
        Properties = new BasicProperties { Persistent = true, ContentType = "application/json", MessageId = status.Id },
    };
}
