namespace Consumers.Core;

/// <summary>What becomes of a delivery that does not run now.</summary>
public sealed partial class TaskExecutor
{
    /// <summary>Not handed back, not even when the whole module is paused: until its source has stopped taking, it would come again at once.</summary>
    private async ValueTask ParkPausedAsync(Delivery delivery, TaskMessage message)
    {
        _stats.CountPaused();
        await ParkAsync(delivery, message, _time.GetUtcNow() + _pace.Next(_random.NextDouble())).ConfigureAwait(false);
    }

    private async ValueTask ParkAsync(Delivery delivery, TaskMessage message, DateTimeOffset due)
    {
        _stats.CountParked();
        _telemetry.Parked(message.Type);
        delivery.Trace?.Parked(due);
        var settlement = new Settlement.Park(due);
        await _payer.PayAsync(delivery, settlement, _onward.For(settlement, delivery, message, default), null).ConfigureAwait(false);
    }

    private async ValueTask HandBackAsync(Delivery delivery)
    {
        _stats.CountHandedBack();
        _telemetry.HandedBack();
        delivery.Trace?.HandedBack();
        delivery.Flight?.Land(FlightEnd.HandedBack);
        await _payer.PayAsync(delivery, Settlement.HandBack.Instance, null, null).ConfigureAwait(false);
    }
}
