namespace Consumers.Core;

/// <summary>Promises that are broken on purpose: see <see cref="Sabotage"/>. Nothing here is reached in production.</summary>
public sealed partial class TaskExecutor
{
    /// <summary>Between the handler's outcome and the guard's word; returns what is settled in place of what was decided.</summary>
    private async Task<Settlement> SpoilAsync(Delivery delivery, TaskMessage message, AttemptBegin.Begun begun, Settlement settlement, DateTimeOffset now)
    {
        if (Sabotage.Is(Sabotage.AckBeforeOutcome))
        {
            await delivery.SettleAsync(Settlement.Ack.Instance, null, _drain.Abort).ConfigureAwait(false);
        }
        if (Sabotage.Is(Sabotage.StatusBeforeLedger)
            && StatusOf(message, begun.Key, SettlementPolicy.StateAfter(settlement), begun.Seq + 1, now, SettlementPolicy.ErrorOf(settlement)) is { } status)
        {
            await _payer.AnnouncedAsync(_payer.Announce(status), status, delivery.Trace).ConfigureAwait(false);
        }
        return Sabotage.Is(Sabotage.RetryEarly) && settlement is Settlement.Retry retry ? retry with { DueAt = retry.DueAt - TimeSpan.FromMilliseconds(50) } : settlement;
    }
}
