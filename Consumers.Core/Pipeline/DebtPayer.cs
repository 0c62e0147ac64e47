using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>Publishes what is owed for a delivery until the broker has confirmed it, then has the delivery acknowledged. Gives up only when the shutdown does.</summary>
internal sealed partial class DebtPayer(IStatusPublisher status, DrainSignals drain, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Whether what is announced reaches anybody.</summary>
    public bool Announces => status.HasStatusEvents;

    /// <summary>True when the delivery is acknowledged or handed back; false when it was lost, or shutdown ended the trying: it is delivered again.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> PayAsync(Delivery delivery, Settlement settlement, OnwardMessage? onward, StatusEvent? owedStatus)
    {
        var wait = FirstWait;
        while (true)
        {
            try
            {
                if (owedStatus is not null)
                {
                    var confirmed = status.PublishStatusAsync(owedStatus, drain.Abort);
                    CrashPoint.Hit(CrashPoints.StatusSent);
                    await confirmed.ConfigureAwait(false);
                    delivery.Trace?.Announced(owedStatus);
                    CrashPoint.Hit(CrashPoints.StatusConfirmed);
                    owedStatus = null;
                }
                return await delivery.SettleAsync(settlement, onward, drain.Abort).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (drain.Abort.IsCancellationRequested)
            {
                return false;
            }
            catch (PublishFailedException e)
            {
                // Never dropped after so many tries: unacknowledged, the delivery holds its place and bounds what is taken.
                Log.Waits(logger, settlement.GetType().Name, delivery.Origin, wait, e.Message);
            }
            try
            {
                await Task.Delay(wait, time, drain.Abort).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    /// <summary>
    /// Announces a state that is not owed: PROCESSING is history as soon as the outcome is there, so one try is enough. What it returns goes to <see cref="AnnouncedAsync"/>, once.
    /// </summary>
    public ValueTask Announce(StatusEvent? announcement)
    {
        try
        {
            return announcement is null ? default : status.PublishStatusAsync(announcement, drain.Abort);
        }
        catch (Exception e) when (e is PublishFailedException or OperationCanceledException)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>Ends when the broker has the announcement, or will not have it.</summary>
    public ValueTask AnnouncedAsync(ValueTask announced, StatusEvent? announcement, DeliveryTrace? trace)
    {
        if (!announced.IsCompletedSuccessfully)
        {
            return WaitAsync(announced, announcement!, trace);
        }
        // Given back to whoever made it.
        announced.GetAwaiter().GetResult();
        if (announcement is not null)
        {
            trace?.Announced(announcement);
        }
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask announced, StatusEvent announcement, DeliveryTrace? trace)
    {
        try
        {
            await announced.ConfigureAwait(false);
            trace?.Announced(announcement);
        }
        catch (Exception e) when (e is PublishFailedException or OperationCanceledException)
        {
            Log.NotAnnounced(logger, announcement.Status, announcement.Id, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A {Settlement} for a delivery from {Origin} is not confirmed; it stays unacknowledged, next try in {Wait}: {Error}")]
        public static partial void Waits(ILogger logger, string settlement, string origin, TimeSpan wait, string error);

        [LoggerMessage(Level = LogLevel.Debug, Message = "{Status} of task {TaskId} was not announced: {Error}")]
        public static partial void NotAnnounced(ILogger logger, string status, string taskId, string error);
    }
}
