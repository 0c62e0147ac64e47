using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Consumers.Core;

/// <summary>A handler for one task type with a typed payload. A payload that does not fit is a permanent failure that says which JSON path was wrong.</summary>
public abstract class TaskHandler<TPayload> : ITaskHandler
{
    /// <summary>The type of the tasks it does, as in the message's <c>type</c>.</summary>
    public abstract string TaskType { get; }

    /// <summary>For payloads with generated serialization; by default the web defaults (camelCase, names in any case) by reflection.</summary>
    protected virtual JsonTypeInfo<TPayload>? PayloadTypeInfo => null;

    protected abstract ValueTask<TaskOutcome> HandleAsync(TPayload payload, TaskContext context, CancellationToken cancellationToken);

    bool ITaskHandler.CanHandle(string taskType) => string.Equals(taskType, TaskType, StringComparison.Ordinal);

    ValueTask<TaskOutcome> ITaskHandler.HandleAsync(TaskContext context, CancellationToken cancellationToken)
    {
        TPayload? payload;
        try
        {
            payload = PayloadTypeInfo is { } typeInfo
                ? JsonSerializer.Deserialize(context.Payload.Span, typeInfo)
                : JsonSerializer.Deserialize<TPayload>(context.Payload.Span, JsonSerializerOptions.Web);
        }
        // JsonException for what does not fit; the other two for text that is no text, such as a lone surrogate.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            var path = (e as JsonException)?.Path ?? "$";
            return new(TaskOutcome.PermanentFailure($"the payload does not fit {typeof(TPayload).Name} at {path}: {e.Message}"));
        }
        if (payload is null)
        {
            return new(TaskOutcome.PermanentFailure($"the payload is null, but {TaskType} needs a {typeof(TPayload).Name}"));
        }
        return HandleAsync(payload, context, cancellationToken);
    }
}
