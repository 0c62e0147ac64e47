using Consumers.Core;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Sends a stream of tasks, many at once, at the asked rate, until it ends, is interrupted, or the other side stays away.</summary>
internal sealed class PublishRun(ITaskSink sink, double? rate, TimeProvider time)
{
    /// <summary>Sends on their way without a confirm.</summary>
    public const int MostOutstanding = 256;

    /// <summary>How long the other side may be away before the run gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After an interrupt: for the confirms of what is on its way.</summary>
    private static readonly TimeSpan LastConfirms = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public PublishTally Tally { get; } = new();

    /// <summary>Why the run gave up, or null.</summary>
    public string? Unreachable { get; private set; }

    public async Task SendAllAsync(IAsyncEnumerable<TaskMessage> messages, CancellationToken interrupt)
    {
        using var giveUp = new CancellationTokenSource();
        using var slots = new SemaphoreSlim(MostOutstanding);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt, giveUp.Token);
        using var confirms = new CancellationTokenSource();
        await using var afterInterrupt = interrupt.Register(() => confirms.CancelAfter(LastConfirms));
        var started = time.GetTimestamp();
        var outstanding = new HashSet<Task>();
        try
        {
            await foreach (var message in messages.WithCancellation(stop.Token))
            {
                await PaceAsync(started, stop.Token);
                await slots.WaitAsync(stop.Token);
                outstanding.RemoveWhere(task => task.IsCompleted);
                var index = Tally.Sent;
                Tally.CountSent(message.Id);
                outstanding.Add(SendOneAsync(message, index, slots, giveUp, confirms.Token));
                if (index == 0)
                {
                    // The first alone: with nobody there it fails by itself, and not with hundreds behind it.
                    await outstanding.First();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll(outstanding);
        }
    }

    private async Task SendOneAsync(TaskMessage message, long index, SemaphoreSlim slots, CancellationTokenSource giveUp, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            while (true)
            {
                try
                {
                    await sink.SendAsync(message, cancellationToken);
                    Tally.CountConfirmed();
                    return;
                }
                catch (PublishFailedException e) when (e.Failure == PublishFailure.Unavailable)
                {
                    if (time.GetElapsedTime(began) + Pause >= Patience)
                    {
                        Unreachable ??= e.Message;
                        Tally.CountFailed(index, "unreachable", e.Message);
                        await giveUp.CancelAsync();
                        return;
                    }
                }
                // The same id again: whoever got it twice runs it once.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        catch (PublishFailedException e)
        {
            Tally.CountFailed(index, "not-confirmed", e.Message);
        }
        catch (OperationCanceledException)
        {
            Tally.CountFailed(index, "not-confirmed", "interrupted before the confirm came");
        }
        finally
        {
            slots.Release();
        }
    }

    private async ValueTask PaceAsync(long started, CancellationToken cancellationToken)
    {
        if (rate is not { } perSecond)
        {
            return;
        }
        var wait = TimeSpan.FromSeconds(Tally.Sent / perSecond) - time.GetElapsedTime(started);
        if (wait > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(wait, time, cancellationToken);
        }
    }
}
