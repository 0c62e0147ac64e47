namespace Consumers.Rabbit;

/// <summary>Whether a worker of a lane may begin a delivery: not while its module is paused or draining, and not without a slot.</summary>
internal sealed class LaneAdmission(LaneWork work, LaneSubscription subscription)
{
    private static readonly TimeSpan HoldStep = TimeSpan.FromMilliseconds(20);

    /// <summary>Null with a slot taken; when nothing is to be begun here, the end of the subscription, from which on the delivery may go back.</summary>
    public async ValueTask<Task<bool>?> EnterAsync()
    {
        while (await TakeSlotAsync())
        {
            if (!work.IsPaused())
            {
                return null;
            }
            work.Slots.Exit();
            // A pause that ends before the lane has heard of it costs nothing.
            while (work.IsPaused())
            {
                var ceased = subscription.Ceased;
                if (ceased.IsCompleted)
                {
                    return ceased;
                }
                await Task.Delay(HoldStep, work.Time);
            }
        }
        return subscription.Ceased;
    }

    private async ValueTask<bool> TakeSlotAsync()
    {
        if (work.Draining.IsCancellationRequested)
        {
            return false;
        }
        if (work.Slots.TryEnter())
        {
            return true;
        }
        try
        {
            await work.Slots.EnterAsync(work.Draining);
            return true;
        }
        catch (OperationCanceledException) when (work.Draining.IsCancellationRequested)
        {
            return false;
        }
    }
}
