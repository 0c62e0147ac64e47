namespace Consumers.Core;

/// <summary>What the history tells of one delivery. Each call is one line, written at the place where it is true.</summary>
/// <param name="number">Of the delivery in this process.</param>
/// <param name="claimed">The attempt that the message asks for; the guard's answer goes before it.</param>
public sealed class DeliveryTrace(ProcessHistory history, long number, AttemptKey claimed)
{
    private AttemptKey _key = claimed;
    private long _epoch;

    /// <param name="at"><c>topic:partition:offset</c>; null where messages have no place.</param>
    internal void Delivered(string? at) => Write(HistoryEvents.Deliver, at is null ? "" : $" at={at}");

    internal void Rejected(DeadReason reason) => Write(HistoryEvents.Reject, $" reason={reason.ToWire()}");

    internal void Begun(AttemptBegin.Begun begun)
    {
        (_key, _epoch) = (begun.Key, begun.Epoch);
        Write(HistoryEvents.Begin, "");
    }

    internal void Outcome(TaskState state, Settlement settlement, bool accepted)
    {
        var due = settlement is Settlement.Retry retry ? $" due={Micros(retry.DueAt)}" : "";
        Write(HistoryEvents.Outcome, $" state={state.ToWire()} accepted={(accepted ? 1 : 0)}{due}");
    }

    internal void Duplicate(AttemptBegin.AlreadySettled settled)
    {
        _key = settled.Key;
        Write(HistoryEvents.Duplicate, $" owed={settled.Owed switch { Settlement.Retry => "retry", Settlement.DeadLetter => "dead", _ => "none" }}{(settled.Status is { } status ? $" state={status.Status}" : "")}");
    }

    internal void Parked(DateTimeOffset due) => Write(HistoryEvents.Park, $" due={Micros(due)}");

    internal void HandedBack() => Write(HistoryEvents.HandBack, "");

    internal void Announced(StatusEvent status) => Write(HistoryEvents.Out, $" kind=status state={status.Status} seq={status.Seq}");

    /// <summary>The broker has confirmed the onward message of this settlement.</summary>
    public void Confirmed(Settlement settlement) =>
        Write(HistoryEvents.Out, $" kind={settlement switch { Settlement.Retry => "retry", Settlement.DeadLetter => "dead", _ => "park" }}");

    /// <summary>Called right before the ack is handed to its channel.</summary>
    public void Acknowledging() => Write(HistoryEvents.Ack, "");

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private void Write(string what, string extra) => history.Write(what, _key, _epoch, $"d={number}{extra}");
}
