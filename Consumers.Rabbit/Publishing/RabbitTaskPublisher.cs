using System.Diagnostics;
using System.Globalization;
using Consumers.Core;
using RabbitMQ.Client;

namespace Consumers.Rabbit;

/// <summary>What a module publishes: tasks, retries, dead letters, status events. Everything is persistent and mandatory; only a status event that comes back is no error.</summary>
internal sealed class RabbitTaskPublisher(RabbitPublisher publisher, RabbitTopologyNames names, RetrySchedule schedule, RabbitOptions options, int maxBodyBytes, TraceParent trace, RabbitTargets targets)
{
    private const string Json = "application/json";

    private readonly StatusAnnouncer _status = new(publisher, names.StatusExchange, targets.Status);

    public ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        var body = TaskMessageCodec.Encode(message);
        if (body.Length > maxBodyBytes)
        {
            throw new PublishFailedException(PublishFailure.Refused, $"task {message.Id} has {body.Length} bytes; at most {maxBodyBytes} are allowed (Consumers:MaxBodyBytes)");
        }
        var span = targets.Work.Start(message.Id, accepted: message.AcceptedIn);
        return publisher.PublishAsync(
            new OutgoingMessage
            {
                Exchange = names.Exchange,
                RoutingKey = names.WorkQueue,
                Body = body,
                Told = targets.Work,
                Span = span,
                Properties = new BasicProperties
                {
                    Persistent = true,
                    ContentType = Json,
                    MessageId = message.Id,
                    Headers = new Dictionary<string, object?>(1) { [TaskHeaders.TraceParent] = trace.CurrentOrNew(span, message.AcceptedIn) },
                },
            },
            cancellationToken);
    }

    /// <summary>To the tier that is not longer than the wait; from there it returns to the work queue by itself.</summary>
    public ValueTask PublishWaitingAsync(OnwardMessage onward, IReadOnlyBasicProperties source, CancellationToken cancellationToken)
    {
        var wait = onward.Delay ?? TimeSpan.Zero;
        var tier = schedule.TierWithin(wait);
        var queue = names.RetryQueue(tier);
        var target = targets.Queue(queue);
        var span = Start(target, onward.MessageId, source)?.SetTag(Labels.Tier, RetrySchedule.NameOf(tier));
        var properties = OnwardProperties.From(source, onward.MessageId, onward.Headers, trace, span);
        properties.Expiration = RetryTtl.OfMessage(wait, tier).ToString(CultureInfo.InvariantCulture);
        return publisher.PublishAsync(ToQueue(queue, properties, onward.Body, target, span), cancellationToken);
    }

    public ValueTask PublishDeadAsync(OnwardMessage onward, IReadOnlyBasicProperties source, CancellationToken cancellationToken)
    {
        var span = Start(targets.Dead, onward.MessageId, source);
        return publisher.PublishAsync(
            new OutgoingMessage
            {
                Exchange = names.DeadLetterExchange,
                RoutingKey = names.DeadLetterQueue,
                Body = onward.Body,
                Properties = OnwardProperties.From(source, onward.MessageId, onward.Headers, trace, span),
                Told = targets.Dead,
                Span = span,
            },
            cancellationToken);
    }

    /// <summary>Back to the end of the work queue as it is, but with the broker's delivery count at zero.</summary>
    public ValueTask PublishAgainAsync(ReadOnlyMemory<byte> body, IReadOnlyBasicProperties source, CancellationToken cancellationToken) =>
        PublishAgainAsync(body, source.MessageId, source, ours: null, cancellationToken);

    /// <summary>A dead letter to the work queue, with the headers that its producer gave it.</summary>
    public ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        return PublishAgainAsync(message.Body, message.MessageId, ReplayProperties.From(message.Headers), message.Ours(), cancellationToken);
    }

    public ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken) =>
        options.StatusEvents ? _status.PublishAsync(status, cancellationToken) : ValueTask.CompletedTask;

    private void RefuseWhenOff()
    {
        if (!options.Enabled)
        {
            throw new PublishFailedException(PublishFailure.Unavailable, "this module is switched off (Consumers:Rabbit:Enabled)");
        }
    }

    private ValueTask PublishAgainAsync(ReadOnlyMemory<byte> body, string? messageId, IReadOnlyBasicProperties source, IReadOnlyList<KeyValuePair<string, string>>? ours, CancellationToken cancellationToken)
    {
        var target = targets.Queue(names.WorkQueue);
        var span = Start(target, messageId, source);
        return publisher.PublishAsync(ToQueue(names.WorkQueue, OnwardProperties.From(source, messageId, ours, trace, span), body, target, span), cancellationToken);
    }

    /// <summary>The trace context that is in the message stays there; the span is linked to it.</summary>
    private static Activity? Start(PublishTarget target, string? messageId, IReadOnlyBasicProperties source) =>
        TaskTelemetry.Source.HasListeners() ? target.Start(messageId, IncomingHeaders.Text(source, TaskHeaders.TraceParent)) : null;

    private static OutgoingMessage ToQueue(string queue, BasicProperties properties, ReadOnlyMemory<byte> body, PublishTarget target, Activity? span) =>
        new() { Exchange = "", RoutingKey = queue, Properties = properties, Body = body, Told = target, Span = span };
}
