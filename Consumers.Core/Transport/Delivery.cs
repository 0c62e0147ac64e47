using System.Diagnostics;

namespace Consumers.Core;

/// <summary>
/// One message in the hands of this process, not yet acknowledged. The pipeline reads it, decides, and calls <see cref="SettleAsync"/> once;
/// how that is done is all that transports differ in.
/// </summary>
public abstract class Delivery
{
    /// <summary>The bytes as they came; valid until the delivery is settled.</summary>
    public abstract ReadOnlyMemory<byte> Body { get; }

    /// <summary>The id for a body that has none (AMQP <c>message_id</c>, Kafka <c>topic:partition:offset</c>); null when the transport has none either.</summary>
    public abstract string? FallbackId { get; }

    /// <summary>The key that wins over the body's (Kafka's record key); null on other transports.</summary>
    public virtual string? KeyOverride => null;

    /// <summary>Where it came from: a queue, or <c>topic:partition:offset</c>.</summary>
    public abstract string Origin { get; }

    /// <summary>The queue or topic, for labels and names of spans.</summary>
    public virtual string Destination => Origin;

    /// <summary>The broker as OpenTelemetry names it.</summary>
    public virtual string MessagingSystem => "in_memory";

    /// <summary>Adds what only this transport knows to the span of the attempt.</summary>
    public virtual void Describe(Activity span)
    {
    }

    /// <summary>Where the history of this delivery is told; null while no history is written.</summary>
    public DeliveryTrace? Trace { get; internal set; }

    /// <summary>The task's id once the body is read; null before, and for what is no task.</summary>
    public string? TaskId { get; internal set; }

    /// <summary>Since when it is in hand, as a timestamp of the time provider.</summary>
    internal long InHandSince { get; private set; }

    /// <summary>How long from then on until it is settled, at the most; null while it waits for its turn, which may take any time.</summary>
    internal TimeSpan? InHandLimit { get; private set; }

    /// <summary>A header as text, at most 4 KiB of it; null when it is absent or no text. Never throws.</summary>
    public abstract string? Header(string name);

    /// <summary>
    /// Does with the delivery what was decided. With an onward message it is published first and confirmed by the broker; only then is the delivery acknowledged.
    /// Returns false when the delivery was lost meanwhile (its channel or partition is gone): the broker delivers it again.
    /// </summary>
    /// <param name="onward">The message for <see cref="Settlement.Retry"/>, <see cref="Settlement.Park"/> and <see cref="Settlement.DeadLetter"/>; null otherwise.</param>
    /// <exception cref="PublishFailedException">The onward message was not confirmed; nothing is acknowledged, and the call may be made again.</exception>
    public abstract ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken);

    /// <summary>Its time begins anew: somebody may look for it when it is not settled within that.</summary>
    internal void Expect(TimeSpan within, TimeProvider time) => (InHandSince, InHandLimit) = (time.GetTimestamp(), within);

    internal void WaitForTurn() => InHandLimit = null;
}

/// <summary>What a retry, a parked delivery or a dead letter carries.</summary>
/// <param name="MessageId">The task's id when it is known, else the fallback id.</param>
/// <param name="Headers">Ours only; the transport adds the headers that came with the delivery, and drops what the broker itself had added.</param>
/// <param name="Delay">For a retry tier: how long to wait from now; null for dead letters.</param>
public sealed record OnwardMessage(
    ReadOnlyMemory<byte> Body,
    string? MessageId,
    string? Key,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    TimeSpan? Delay);
