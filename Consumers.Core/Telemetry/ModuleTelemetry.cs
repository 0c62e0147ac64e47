using System.Collections.Concurrent;
using System.Diagnostics;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Consumers.Core;

/// <summary>What one module tells the meter and the activity source. Label sets are made once and kept, so a task allocates none.</summary>
internal sealed class ModuleTelemetry(string module, HandlerCatalog handlers, InstanceIdentity identity, ParentOfProcess parent)
{
    /// <summary>Types come from messages. Beyond this many that a handler does, and for all that none does, the label is <see cref="Labels.Other"/>.</summary>
    public const int MaxTypes = 100;

    private readonly ConcurrentDictionary<string, Tag[]> _consumed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TypeLabels> _types = new(StringComparer.Ordinal);
    private readonly TypeLabels _other = new(module, Labels.Other);
    private readonly TypeLabels _none = new(module, null);

    public void Delivered(Delivery delivery)
    {
        if (TaskTelemetry.Consumed.Enabled)
        {
            var labels = _consumed.TryGetValue(delivery.Destination, out var known)
                ? known
                : _consumed[delivery.Destination] = [new(Labels.Module, module), new(Labels.System, delivery.MessagingSystem), new(Labels.Operation, "deliver"), new(Labels.Destination, delivery.Destination)];
            TaskTelemetry.Consumed.Add(1, labels);
        }
    }

    public void Started(Delivery delivery, TaskMessage message, DateTimeOffset now)
    {
        if (TaskTelemetry.Wait.Enabled && (TaskHeaders.ReadTime(delivery.Header(TaskHeaders.DueAt)) ?? message.CreatedAt) is { } due)
        {
            TaskTelemetry.Wait.Record(Since(due, now), Of(message.Type).Type);
        }
    }

    /// <param name="word">How the handler ended; null when shutdown interrupted it.</param>
    public void Handled(Delivery delivery, string type, string? word, TimeSpan busy)
    {
        if (TaskTelemetry.ProcessDuration.Enabled)
        {
            TaskTelemetry.ProcessDuration.Record(busy.TotalSeconds, Of(type).Process(delivery.MessagingSystem, word is null or "success" ? "" : word));
        }
    }

    public void Settled(TaskMessage message, Settlement settlement, DateTimeOffset now)
    {
        if (!TaskTelemetry.Settled.Enabled)
        {
            return;
        }
        var labels = Of(message.Type);
        TaskTelemetry.Settled.Add(1, labels.Outcome(settlement switch { Settlement.Ack => "success", Settlement.Retry => "retry", _ => "dead" }));
        if (settlement is Settlement.DeadLetter dead)
        {
            TaskTelemetry.DeadLettered.Add(1, labels.Reason(dead.Reason.ToWire()));
        }
        if (settlement is not Settlement.Retry && message.CreatedAt is { } created)
        {
            TaskTelemetry.Age.Record(Since(created, now), labels.Type);
        }
    }

    /// <summary>A message that is no task, or passes for another.</summary>
    public void Rejected(Settlement.DeadLetter dead)
    {
        TaskTelemetry.Settled.Add(1, _none.Outcome("dead"));
        TaskTelemetry.DeadLettered.Add(1, _none.Reason(dead.Reason.ToWire()));
    }

    public void Duplicate(string type) => TaskTelemetry.Settled.Add(1, Of(type).Outcome("duplicate"));

    public void Parked(string type) => TaskTelemetry.Settled.Add(1, Of(type).Outcome("parked"));

    public void HandedBack() => TaskTelemetry.Settled.Add(1, _none.Outcome("handed_back"));

    /// <summary>The span of one attempt: child of who published the task, and linked to it. Null while nobody records it.</summary>
    public Activity? StartAttempt(Delivery delivery, TaskMessage message)
    {
        if (!TaskTelemetry.Source.HasListeners())
        {
            return null;
        }
        // Whoever's context this loop was started in, the attempt is not a part of that.
        Activity.Current = null;
        var isKnown = ActivityContext.TryParse(delivery.Header(TaskHeaders.TraceParent), delivery.Header(TaskHeaders.TraceState), isRemote: true, out var creation);
        var span = TaskTelemetry.Source.StartActivity(
            ActivityKind.Consumer,
            isKnown && parent == ParentOfProcess.Message ? creation : default,
            [
                new(Labels.System, delivery.MessagingSystem), new(Labels.Operation, "process"), new(Labels.OperationType, "process"), new(Labels.Destination, delivery.Destination),
                new(Labels.MessageId, message.Id), new(Labels.ClientId, identity.Name), new(Labels.Module, module), new(Labels.Type, message.Type),
            ],
            isKnown ? [new ActivityLink(creation)] : null,
            default,
            $"process {delivery.Destination}");
        if (span is { IsAllDataRequested: true })
        {
            delivery.Describe(span);
        }
        return span;
    }

    private TypeLabels Of(string type)
    {
        if (_types.TryGetValue(type, out var known))
        {
            return known;
        }
        return _types.Count < MaxTypes && handlers.Find(type) is not null ? _types.GetOrAdd(type, static (name, of) => new TypeLabels(of, name), module) : _other;
    }

    /// <summary>Clocks of two machines differ: an age is never negative.</summary>
    private static double Since(DateTimeOffset at, DateTimeOffset now) => Math.Max(0, (now - at).TotalSeconds);

    /// <param name="type">Null for what has none.</param>
    private sealed class TypeLabels(string module, string? type)
    {
        private readonly ConcurrentDictionary<string, Tag[]> _outcomes = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, Tag[]> _reasons = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, Tag[]> _process = new(StringComparer.Ordinal);

        public Tag[] Type { get; } = type is null ? [new(Labels.Module, module)] : [new(Labels.Module, module), new(Labels.Type, type)];

        public Tag[] Outcome(string outcome) => _outcomes.TryGetValue(outcome, out var known) ? known : _outcomes[outcome] = [.. Type, new(Labels.Outcome, outcome)];

        public Tag[] Reason(string reason) => _reasons.TryGetValue(reason, out var known) ? known : _reasons[reason] = [.. Type, new(Labels.Reason, reason)];

        /// <param name="error">Empty for none.</param>
        public Tag[] Process(string system, string error) => _process.TryGetValue(error, out var known)
            ? known
            : _process[error] = [.. Type, new(Labels.System, system), new(Labels.Operation, "process"), .. error.Length == 0 ? Array.Empty<Tag>() : [new Tag(Labels.ErrorType, error)]];
    }
}
