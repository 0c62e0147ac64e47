using System.Globalization;

namespace Consumers.Core;

/// <summary>Builds what a retry, a parked delivery and a dead letter carry: the one place that writes the fleet's headers.</summary>
internal sealed class OnwardMessages(InstanceIdentity identity, TimeProvider time)
{
    /// <summary>Null when the settlement publishes nothing.</summary>
    /// <param name="message">Null when the body is not a task.</param>
    public OnwardMessage? For(Settlement settlement, Delivery delivery, TaskMessage? message, AttemptKey key) => settlement switch
    {
        Settlement.Retry retry => Waiting(
            message!,
            retry.DueAt,
            new Headers(delivery, identity, time)
                .Attempt(key.Series, key.Attempt + 1)
                .Set(TaskHeaders.DueAt, TaskHeaders.Format(CeilToMilliseconds(retry.DueAt)))
                .Failure(retry.Error),
            TaskMessageCodec.Encode(message! with { RetryCount = retry.RetryCount })),
        Settlement.Park park => Waiting(
            message!,
            park.DueAt,
            new Headers(delivery, identity, time)
                .Kept(TaskHeaders.Attempt).Kept(TaskHeaders.Series).Kept(TaskHeaders.FirstFailureAt).Kept(TaskHeaders.LastError)
                .Set(TaskHeaders.DueAt, TaskHeaders.Format(CeilToMilliseconds(park.DueAt))),
            // Nothing in it has changed, so it goes on as it came: whatever becomes of it later, its bytes are its producer's. Only an id that came from outside it must be written into it.
            HoldsItsId(delivery) ? delivery.Body : TaskMessageCodec.Encode(message!)),
        Settlement.DeadLetter dead => new OnwardMessage(
            delivery.Body,
            message?.Id ?? SafeId(delivery.FallbackId),
            message?.Key,
            new Headers(delivery, identity, time)
                .Attempt(key.Series, key.Attempt)
                .Failure(dead.Error)
                .Death(dead)
                .List,
            Delay: null),
        _ => null,
    };

    /// <summary>What is due already still takes the way through a retry tier: a delay of zero is no delay to a broker.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1);

    private OnwardMessage Waiting(TaskMessage message, DateTimeOffset dueAt, Headers headers, ReadOnlyMemory<byte> body)
    {
        var left = dueAt - time.GetUtcNow();
        left = left > Soonest ? left : Soonest;
        headers.Set(TaskHeaders.WaitMs, Math.Ceiling(left.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        return new OnwardMessage(body, message.Id, message.Key, headers.List, left);
    }

    private static bool HoldsItsId(Delivery delivery) => TaskMessageCodec.Decode(delivery.Body, null, 0, out _) is not null;

    private static string? SafeId(string? id) => id is not null && TaskName.IsValid(id) ? id : null;

    /// <summary>A due time cut to milliseconds would let a retry begin up to a millisecond early.</summary>
    private static DateTimeOffset CeilToMilliseconds(DateTimeOffset due) =>
        new(due.Ticks + ((TimeSpan.TicksPerMillisecond - (due.Ticks % TimeSpan.TicksPerMillisecond)) % TimeSpan.TicksPerMillisecond), due.Offset);

    private readonly struct Headers
    {
        private readonly Delivery _delivery;
        private readonly TimeProvider _time;

        public Headers(Delivery delivery, InstanceIdentity identity, TimeProvider time)
        {
            (_delivery, _time) = (delivery, time);
            List = new List<KeyValuePair<string, string>>(10);
            Set(TaskHeaders.ConsumerId, identity.Name);
            // Where the task came from first: a retry that fails again did not come from its retry queue.
            Set(TaskHeaders.Origin, delivery.Header(TaskHeaders.Origin) is { Length: > 0 and <= 512 } origin ? TaskHeaders.CleanError(origin) : delivery.Origin);
        }

        public List<KeyValuePair<string, string>> List { get; }

        public Headers Set(string name, string value)
        {
            List.Add(new(name, value));
            return this;
        }

        public Headers Attempt(int series, int attempt) =>
            Set(TaskHeaders.Attempt, attempt.ToString(CultureInfo.InvariantCulture))
                .Set(TaskHeaders.Series, series.ToString(CultureInfo.InvariantCulture));

        public Headers Failure(string error)
        {
            var first = TaskHeaders.ReadTime(_delivery.Header(TaskHeaders.FirstFailureAt)) ?? _time.GetUtcNow();
            return Set(TaskHeaders.FirstFailureAt, TaskHeaders.Format(first)).Set(TaskHeaders.LastError, TaskHeaders.CleanError(error));
        }

        public Headers Death(Settlement.DeadLetter dead)
        {
            var now = _time.GetUtcNow();
            Set(TaskHeaders.DeadReason, dead.Reason.ToWire()).Set(TaskHeaders.DeadAt, TaskHeaders.Format(now)).Set(TaskHeaders.DeadId, Guid.CreateVersion7(now).ToString());
            return dead.Thrown?.Place is { } place ? Set(TaskHeaders.ErrorPlace, place) : this;
        }

        public Headers Kept(string name) =>
            _delivery.Header(name) is { } value ? Set(name, TaskHeaders.CleanError(value)) : this;
    }
}
