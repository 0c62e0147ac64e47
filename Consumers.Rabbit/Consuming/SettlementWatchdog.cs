namespace Consumers.Rabbit;

/// <summary>
/// Notices a delivery that nobody settles any more: its handler's timeout and grace are over, and it is neither acknowledged nor handed back. Unnoticed it would take a place of the
/// prefetch, and its task would be done by nobody, until the broker's <c>consumer_timeout</c> ends the channel.
/// </summary>
/// <param name="margin">On top of what the handler may take: for the ledger's write and the broker's confirms.</param>
/// <param name="isHeldUp">Something that a settlement waits for is away: as long as that is so, and for as long again as it may take, nobody is judged.</param>
internal sealed class SettlementWatchdog(TimeSpan margin, Func<bool> isHeldUp, TimeProvider time)
{
    private long _soundSince = time.GetTimestamp();

    /// <summary>Those of a lane whose time is over.</summary>
    public IReadOnlyList<RabbitDelivery> Overdue(RabbitLane lane) => [.. lane.InHand.Unsettled.Where(IsOverdue)];

    public TimeSpan AgeOf(RabbitDelivery delivery) => time.GetElapsedTime(delivery.InHandSince);

    /// <summary>Ends when what the lane runs has ended, or is not worth waiting for.</summary>
    public async Task UntilEndedAsync(RabbitLane lane)
    {
        while (!lane.Workers.IsCompleted && !(lane is { Waiting: 0, Running: > 0 } && lane.InHand.Begun.All(IsOverdue)))
        {
            await Task.WhenAny(lane.Workers, Task.Delay(TimeSpan.FromSeconds(1), time));
        }
    }

    private bool IsOverdue(RabbitDelivery delivery)
    {
        if (isHeldUp())
        {
            _soundSince = time.GetTimestamp();
        }
        return delivery.InHandLimit is { } limit && time.GetElapsedTime(Math.Max(delivery.InHandSince, _soundSince)) > limit + margin;
    }
}
