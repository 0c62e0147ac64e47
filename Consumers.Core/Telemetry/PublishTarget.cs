using System.Collections.Concurrent;
using System.Diagnostics;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Consumers.Core;

/// <summary>Where messages go, and what is told of each: its span, its duration, and that it was sent. Label sets are made once.</summary>
/// <param name="operation"><c>publish</c> or <c>send</c>, as the broker's own words are.</param>
/// <param name="destination">Of few values: a queue, a topic, or <c>exchange:routing key</c>.</param>
internal sealed class PublishTarget(string module, string system, string operation, string destination, string clientId, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Tag[]> _failed = new(StringComparer.Ordinal);
    private readonly Tag[] _sent = [new(Labels.Module, module), new(Labels.System, system), new(Labels.Operation, operation), new(Labels.Destination, destination)];
    private readonly string _spanName = $"{operation} {destination}";

    /// <summary>
    /// The span of one message, from now to <see cref="Done"/>; null while nobody records it. It is not made current: the confirm comes on another thread.
    /// </summary>
    /// <param name="creation">The trace context that the message carries already and keeps; null for a message that gets this span's.</param>
    /// <param name="accepted">What a new task was accepted with.</param>
    public Activity? Start(string? messageId, string? creation = null, string? accepted = null)
    {
        if (!TaskTelemetry.Source.HasListeners())
        {
            return null;
        }
        var before = Activity.Current;
        var hasCreation = ActivityContext.TryParse(creation, null, isRemote: true, out var created);
        ActivityContext.TryParse(accepted, null, isRemote: true, out var acceptance);
        // Where nothing is current, as in a relay, it belongs to whoever created the message.
        var parent = before?.Context ?? (hasCreation ? created : acceptance);
        var span = TaskTelemetry.Source.StartActivity(
            hasCreation ? ActivityKind.Client : ActivityKind.Producer,
            parent,
            [new(Labels.OperationType, "send"), new(Labels.MessageId, messageId), new(Labels.ClientId, clientId), .. _sent],
            hasCreation ? [new ActivityLink(created)] : null,
            default,
            _spanName);
        Activity.Current = before;
        return span;
    }

    /// <param name="askedAt">A timestamp of the time provider.</param>
    /// <param name="error">Why it was not confirmed, in a word; null when it was.</param>
    public void Done(long askedAt, Activity? span, string? error)
    {
        if (TaskTelemetry.Sent.Enabled)
        {
            var labels = error is null ? _sent : _failed.TryGetValue(error, out var known) ? known : _failed[error] = [.. _sent, new(Labels.ErrorType, error)];
            TaskTelemetry.Sent.Add(1, labels);
            TaskTelemetry.OperationDuration.Record(time.GetElapsedTime(askedAt).TotalSeconds, labels);
        }
        if (span is null)
        {
            return;
        }
        if (error is not null)
        {
            span.SetTag(Labels.ErrorType, error).SetStatus(ActivityStatusCode.Error);
        }
        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>In a word, of few values.</summary>
    public static string ErrorOf(Exception failure) => failure switch
    {
        PublishFailedException { Failure: PublishFailure.Refused } => "refused",
        PublishFailedException { Failure: PublishFailure.Unroutable } => "unroutable",
        OperationCanceledException => "cancelled",
        _ => "unavailable",
    };
}
