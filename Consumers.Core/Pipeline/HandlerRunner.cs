using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>
/// Runs one attempt of a handler and says how it ended, whatever the handler does: returns, throws, runs too long,
/// ignores its cancellation, or is interrupted by shutdown.
/// </summary>
internal sealed partial class HandlerRunner(
    HandlerCatalog catalog, IServiceProvider services, DrainSignals drain, AbandonedHandlers abandoned, ModuleStats stats, TimeSpan grace, TimeProvider time, ILogger logger)
{
    /// <summary>Within this a handler of the type has returned or is abandoned.</summary>
    public TimeSpan LimitOf(string taskType) => (catalog.Find(taskType)?.Timeout ?? TimeSpan.Zero) + grace;

    public async ValueTask<AttemptVerdict> RunAsync(TaskContext context)
    {
        if (catalog.Find(context.Type) is not { } handler)
        {
            return new(TaskOutcome.NoHandler(context.Type), "no-handler");
        }
        using var timeout = new CancellationTokenSource(handler.Timeout, time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, drain.Interrupt);
        // On a thread of its own: a handler that blocks instead of awaiting must not block the code that watches it.
        var run = Task.Run(() => InvokeAsync(handler, context, cancel.Token), CancellationToken.None);
        if (!await ReturnsAsync(run, cancel.Token).ConfigureAwait(false))
        {
            Log.Abandoned(logger, context.Type, context.Id, handler.Timeout + grace);
            abandoned.Add(run, context.Type, stats);
            return drain.Interrupt.IsCancellationRequested ? AttemptVerdict.Interrupted : TimedOut(handler, " and ignores its cancellation");
        }
        try
        {
            var outcome = await run.ConfigureAwait(false);
            return outcome is null
                ? new(TaskOutcome.PermanentFailure("the handler returned null instead of an outcome"), "permanent")
                : new(outcome, WordFor(outcome));
        }
        catch (OperationCanceledException) when (drain.Interrupt.IsCancellationRequested)
        {
            return AttemptVerdict.Interrupted;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return TimedOut(handler, "");
        }
        catch (OutOfMemoryException e) when (MemoryExhaustion.IsReal())
        {
            // Any other thread may have lost an allocation as well, and nothing says which: a process in this state is better gone than half alive.
            // Its death is counted against what ran, and so the task that fills the memory is found out.
            Environment.FailFast($"task {context.Id} of type {context.Type} ran out of memory, and the process with it", e);
            throw;
        }
        catch (Exception e)
        {
            var error = $"{e.GetType().Name}: {e.Message}";
            var thrown = new Thrown(e, handler.Registration.HandlerType);
            return handler.Registration.Options.IsPermanent(e)
                ? new(new TaskOutcome.Permanent(error, DeadReason.Permanent) { Thrown = thrown }, "permanent")
                : new(new TaskOutcome.Retryable(error, null) { Thrown = thrown }, "exception");
        }
    }

    private async Task<TaskOutcome> InvokeAsync(HandlerFor handler, TaskContext context, CancellationToken cancellationToken)
    {
        var instance = handler.Registration.Resolve(services, out var scope);
        await using (AsAsync(scope))
        {
            var handling = instance.HandleAsync(context, cancellationToken);
            CrashPoint.Hit(CrashPoints.Handling);
            return await handling.ConfigureAwait(false);
        }
    }

    private static IAsyncDisposable AsAsync(object? scope) => scope as IAsyncDisposable ?? NoScope.Instance;

    /// <summary>Waits for the handler, but after its cancellation no longer than the grace: a slot is not held for ever.</summary>
    private async ValueTask<bool> ReturnsAsync(Task run, CancellationToken cancelled)
    {
        await run.WaitAsync(cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!run.IsCompleted)
        {
            await run.WaitAsync(grace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return run.IsCompleted;
    }

    private static AttemptVerdict TimedOut(HandlerFor handler, string more) =>
        new(TaskOutcome.RetryableFailure($"timed out after {handler.Timeout:c}{more}"), "timeout");

    private static string WordFor(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Succeeded => "success",
        TaskOutcome.Retryable => "retryable",
        _ => "permanent",
    };

    private sealed class NoScope : IAsyncDisposable
    {
        public static readonly NoScope Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The handler of {TaskType} did not return within {Limit} for task {TaskId}, although it was cancelled. Its slot is free again, but its thread is not: make it observe the cancellation token")]
        public static partial void Abandoned(ILogger logger, string taskType, string taskId, TimeSpan limit);
    }
}

/// <summary>How an attempt ended.</summary>
/// <param name="Outcome">Null when shutdown interrupted it: neither success nor failure.</param>
/// <param name="Word">For the attempt's row.</param>
internal readonly record struct AttemptVerdict(TaskOutcome? Outcome, string Word)
{
    public static readonly AttemptVerdict Interrupted = new(null, "interrupted");
}
