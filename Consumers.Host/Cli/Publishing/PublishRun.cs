using System.Threading.Channels;
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

    private const string Interrupted = "interrupted before the confirm came";

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
        // Bounded by the slots.
        var open = Channel.CreateUnbounded<OpenSend>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var settling = SettleAllAsync(open.Reader, slots, giveUp, confirms.Token);
        try
        {
            await foreach (var message in messages.WithCancellation(stop.Token))
            {
                await PaceAsync(started, stop.Token);
                await slots.WaitAsync(stop.Token);
                var send = Begin(message, confirms.Token);
                if (send.Index > 0)
                {
                    open.Writer.TryWrite(send);
                }
                // The first alone: with nobody there it fails by itself, and not with hundreds behind it.
                else if (await SettleAsync(send, slots, giveUp, confirms.Token) is { } sentAgain)
                {
                    await sentAgain;
                }
                else
                {
                    slots.Release();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            open.Writer.Complete();
            await settling;
        }
    }

    private OpenSend Begin(TaskMessage message, CancellationToken cancellationToken)
    {
        var (index, began) = (Tally.Sent, time.GetTimestamp());
        Tally.CountSent(message.Id);
        return new OpenSend(message, index, began, SendAsync(message, cancellationToken));
    }

    private ValueTask SendAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return sink.SendAsync(message, cancellationToken);
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>Waits for the oldest, always: those behind it are confirmed meanwhile, so that one change of threads serves many. What is sent again holds up nobody.</summary>
    private async Task SettleAllAsync(ChannelReader<OpenSend> open, SemaphoreSlim slots, CancellationTokenSource giveUp, CancellationToken cancellationToken)
    {
        var again = new List<Task>();
        var free = 0;
        try
        {
            while (await open.WaitToReadAsync(CancellationToken.None))
            {
                while (open.TryRead(out var send))
                {
                    if (!send.Confirmed.IsCompleted)
                    {
                        Release(slots, ref free);
                    }
                    if (await SettleAsync(send, slots, giveUp, cancellationToken) is { } sentAgain)
                    {
                        again.RemoveAll(task => task.IsCompletedSuccessfully);
                        again.Add(sentAgain);
                    }
                    else
                    {
                        free++;
                    }
                }
                Release(slots, ref free);
            }
            await Task.WhenAll(again);
        }
        catch
        {
            // Nobody would make room any more.
            await giveUp.CancelAsync();
            throw;
        }
    }

    private static void Release(SemaphoreSlim slots, ref int free)
    {
        if (free > 0)
        {
            slots.Release(free);
            free = 0;
        }
    }

    /// <summary>Null when it is confirmed; else what goes on with it, and gives its slot back.</summary>
    private async ValueTask<Task?> SettleAsync(OpenSend send, SemaphoreSlim slots, CancellationTokenSource giveUp, CancellationToken cancellationToken)
    {
        try
        {
            await send.Confirmed;
            Tally.CountConfirmed();
            return null;
        }
        catch (Exception e) when (e is PublishFailedException or OperationCanceledException)
        {
            return GoOnAsync(send, e, slots, giveUp, cancellationToken);
        }
    }

    private async Task GoOnAsync(OpenSend send, Exception failure, SemaphoreSlim slots, CancellationTokenSource giveUp, CancellationToken cancellationToken)
    {
        try
        {
            while (failure is PublishFailedException { Failure: PublishFailure.Unavailable })
            {
                if (time.GetElapsedTime(send.Began) + Pause >= Patience)
                {
                    Unreachable ??= failure.Message;
                    Tally.CountFailed(send.Index, "unreachable", failure.Message);
                    await giveUp.CancelAsync();
                    return;
                }
                // The same id again: whoever got it twice runs it once.
                await Task.Delay(Pause, time, cancellationToken);
                try
                {
                    await sink.SendAsync(send.Message, cancellationToken);
                    Tally.CountConfirmed();
                    return;
                }
                catch (PublishFailedException e)
                {
                    failure = e;
                }
            }
            Tally.CountFailed(send.Index, "not-confirmed", failure is OperationCanceledException ? Interrupted : failure.Message);
        }
        catch (OperationCanceledException)
        {
            Tally.CountFailed(send.Index, "not-confirmed", Interrupted);
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

    /// <param name="Index">From 0, of the tasks sent.</param>
    /// <param name="Began">A timestamp of the time provider.</param>
    private readonly record struct OpenSend(TaskMessage Message, long Index, long Began, ValueTask Confirmed);
}
