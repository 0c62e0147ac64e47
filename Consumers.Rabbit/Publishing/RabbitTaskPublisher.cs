using System.Globalization;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>What a module publishes: tasks, retries, dead letters, status events. Everything is persistent, and everything but status events is mandatory.</summary>
internal sealed class RabbitTaskPublisher(RabbitPublisher publisher, RabbitTopologyNames names, RetrySchedule schedule, RabbitOptions options, int maxBodyBytes, TraceParent trace)
{
    private const string Json = "application/json";

    public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        var body = TaskMessageCodec.Encode(message);
        if (body.Length > maxBodyBytes)
        {
            throw new PublishFailedException(PublishFailure.Refused, $"task {message.Id} has {body.Length} bytes; at most {maxBodyBytes} are allowed (Consumers:MaxBodyBytes)");
        }
        return publisher.PublishAsync(
            new OutgoingMessage
            {
                Exchange = names.Exchange,
                RoutingKey = names.WorkQueue,
                Body = body,
                Properties = new BasicProperties
                {
                    Persistent = true,
                    ContentType = Json,
                    MessageId = message.Id,
                    Headers = new Dictionary<string, object?>(1) { [TaskHeaders.TraceParent] = trace.CurrentOrNew() },
                },
            },
            cancellationToken);
    }

    /// <summary>To the tier that is not longer than the wait; from there it returns to the work queue by itself.</summary>
    public ValueTask PublishWaitingAsync(OnwardMessage onward, IReadOnlyBasicProperties source, CancellationToken cancellationToken)
    {
        var wait = onward.Delay ?? TimeSpan.Zero;
        var tier = schedule.TierWithin(wait);
        var properties = OnwardProperties.From(source, onward.MessageId, onward.Headers, trace);
        properties.Expiration = RetryTtl.OfMessage(wait, tier).ToString(CultureInfo.InvariantCulture);
        return publisher.PublishAsync(ToQueue(names.RetryQueue(tier), properties, onward.Body), cancellationToken);
    }

    public ValueTask PublishDeadAsync(OnwardMessage onward, IReadOnlyBasicProperties source, CancellationToken cancellationToken) => publisher.PublishAsync(
        new OutgoingMessage
        {
            Exchange = names.DeadLetterExchange,
            RoutingKey = names.DeadLetterQueue,
            Body = onward.Body,
            Properties = OnwardProperties.From(source, onward.MessageId, onward.Headers, trace),
        },
        cancellationToken);

    /// <summary>Back to the end of the work queue as it is, but with the broker's delivery count at zero.</summary>
    public ValueTask PublishAgainAsync(ReadOnlyMemory<byte> body, IReadOnlyBasicProperties source, CancellationToken cancellationToken) =>
        publisher.PublishAsync(ToQueue(names.WorkQueue, OnwardProperties.From(source, source.MessageId, ours: null, trace), body), cancellationToken);

    /// <summary>A dead letter to the work queue, with the headers that its producer gave it.</summary>
    public ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        var source = ReplayProperties.From(message.Headers);
        return publisher.PublishAsync(ToQueue(names.WorkQueue, OnwardProperties.From(source, message.MessageId, message.Ours(), trace), message.Body), cancellationToken);
    }

    public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken)
    {
        if (!options.StatusEvents)
        {
            return ValueTask.CompletedTask;
        }
        return publisher.PublishAsync(
            new OutgoingMessage
            {
                Exchange = names.StatusExchange,
                RoutingKey = status.RoutingKey(),
                Mandatory = false,
                Body = status.ToJson(),
                Properties = new BasicProperties { Persistent = true, ContentType = Json, MessageId = status.Id },
            },
            cancellationToken);
    }

    private void RefuseWhenOff()
    {
        if (!options.Enabled)
        {
            throw new PublishFailedException(PublishFailure.Unavailable, "this module is switched off (Consumers:Rabbit:Enabled)");
        }
    }

    private static OutgoingMessage ToQueue(string queue, BasicProperties properties, ReadOnlyMemory<byte> body) =>
        new() { Exchange = "", RoutingKey = queue, Properties = properties, Body = body };
}
