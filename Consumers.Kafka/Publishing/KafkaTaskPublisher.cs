using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Kafka;

/// <summary>What the module publishes: tasks, retries, dead letters, status events.</summary>
internal sealed class KafkaTaskPublisher(KafkaProducer producer, KafkaTopology topology, KafkaTopicNames names, RetrySchedule schedule, KafkaOptions options, int maxBodyBytes, TraceParent trace)
{
    public async ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        var body = TaskMessageCodec.Encode(message);
        if (body.Length > maxBodyBytes)
        {
            throw new PublishFailedException(PublishFailure.Refused, $"task {message.Id} has {body.Length} bytes; at most {maxBodyBytes} are allowed (Consumers:MaxBodyBytes)");
        }
        await topology.ReadyAsync(cancellationToken);
        var span = producer.Target(names.Work).Start(message.Id, accepted: message.AcceptedIn);
        var headers = KafkaHeaders.New(trace.CurrentOrNew(span, message.AcceptedIn));
        await producer.PublishAsync(names.Work, new Message<byte[]?, byte[]?> { Key = Bytes(message.Key), Value = body, Headers = headers }, span, cancellationToken);
    }

    /// <summary>A dead letter to the work topic, with the headers that its producer gave it.</summary>
    public async ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken)
    {
        RefuseWhenOff();
        await topology.ReadyAsync(cancellationToken);
        var source = new Headers();
        foreach (var (name, value) in message.Headers)
        {
            source.Add(name, Encoding.UTF8.GetBytes(value));
        }
        var span = Start(names.Work, message.MessageId, source);
        await producer.PublishAsync(
            names.Work,
            new Message<byte[]?, byte[]?> { Key = Bytes(message.Key), Value = Array(message.Body), Headers = KafkaHeaders.Onward(source, message.Ours(), trace, span) },
            span,
            cancellationToken);
    }

    /// <summary>To the tier that is not longer than the wait; its consumer holds it until it is due.</summary>
    public Task PublishWaitingAsync(OnwardMessage onward, Message<byte[]?, byte[]?> source, CancellationToken cancellationToken) =>
        PublishAsync(names.RetryTopic(schedule.TierWithin(onward.Delay ?? TimeSpan.Zero)), onward, source, cancellationToken);

    public Task PublishDeadAsync(OnwardMessage onward, Message<byte[]?, byte[]?> source, CancellationToken cancellationToken) =>
        PublishAsync(names.DeadLetter, onward, source, cancellationToken);

    public async ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken)
    {
        if (options.StatusEvents)
        {
            var headers = new Headers { { KafkaHeaders.ContentType, KafkaHeaders.Json } };
            await producer.PublishAsync(names.Status, new Message<byte[]?, byte[]?> { Key = Bytes(status.Id), Value = status.ToJson(), Headers = headers }, span: null, cancellationToken);
        }
    }

    /// <summary>The record's key goes on as the bytes it came as; no value stays no value.</summary>
    private Task PublishAsync(string topic, OnwardMessage onward, Message<byte[]?, byte[]?> source, CancellationToken cancellationToken)
    {
        var span = Start(topic, onward.MessageId, source.Headers);
        if (span is not null && names.TierOf(topic) is { } tier)
        {
            span.SetTag(Labels.Tier, RetrySchedule.NameOf(tier));
        }
        return producer.PublishAsync(
            topic,
            new Message<byte[]?, byte[]?> { Key = source.Key ?? Bytes(onward.Key), Value = source.Value is null ? null : Array(onward.Body), Headers = KafkaHeaders.Onward(source.Headers, onward.Headers, trace, span) },
            span,
            cancellationToken);
    }

    /// <summary>The trace context that is in the record stays there; the span is linked to it.</summary>
    private Activity? Start(string topic, string? messageId, Headers? source) =>
        TaskTelemetry.Source.HasListeners() ? producer.Target(topic).Start(messageId, KafkaHeaders.Read(source, TaskHeaders.TraceParent)) : null;

    private void RefuseWhenOff()
    {
        if (!options.Enabled)
        {
            throw new PublishFailedException(PublishFailure.Unavailable, "this module is switched off (Consumers:Kafka:Enabled)");
        }
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static byte[] Array(ReadOnlyMemory<byte> body) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();
}
