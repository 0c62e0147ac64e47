using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>
/// Runs one attempt of a handler and says how it ended, whatever the handler does: returns, throws, runs too long,
/// ignores its cancellation, or is interrupted by shutdown.
/// </summary>
internal sealed partial class HandlerRunner(
    HandlerCatalog catalog, IServiceProvider services, DrainSignals drain, AbandonedHandlers abandoned, ModuleStats stats, TimeSpan grace, TimeProvider time, ILogger logger)
{
    // As many as handlers ever ran at once.
    private readonly ConcurrentQueue<HandlerRun> _idle = new();

    /// <summary>Within this a handler of the type has returned or is abandoned.</summary>
    public TimeSpan LimitOf(string taskType) => (catalog.Find(taskType)?.Timeout ?? TimeSpan.Zero) + grace;

    /// <summary>What runs the task; null when no handler does its type. To be started, awaited, and given to <see cref="End"/>.</summary>
    public HandlerRun? Prepare(TaskContext context)
    {
        if (catalog.Find(context.Type) is not { } handler)
        {
            return null;
        }
        var run = _idle.TryDequeue(out var idle) ? idle : new HandlerRun(services, drain.Interrupt, grace, time);
        run.Prepare(handler, context);
        return run;
    }

    /// <param name="hasReturned">What the run's start has answered.</param>
    public AttemptVerdict End(HandlerRun? run, TaskContext context, bool hasReturned)
    {
        if (run is null)
        {
            return new(TaskOutcome.NoHandler(context.Type), "no-handler");
        }
        var handler = run.Handler;
        if (!hasReturned)
        {
            Log.Abandoned(logger, context.Type, context.Id, handler.Timeout + grace);
            abandoned.Add(run.Late!, context.Type, stats);
            return drain.Interrupt.IsCancellationRequested ? AttemptVerdict.Abandoned : TimedOut(handler, " and ignores its cancellation");
        }
        var verdict = VerdictOf(run, handler, context);
        if (run.TryReset())
        {
            _idle.Enqueue(run);
        }
        else
        {
            run.Retire();
        }
        return verdict;
    }

    private AttemptVerdict VerdictOf(HandlerRun run, HandlerFor handler, TaskContext context)
    {
        try
        {
            return run.Outcome() is { } outcome
                ? new(outcome, WordFor(outcome))
                : new(TaskOutcome.PermanentFailure("the handler returned null instead of an outcome"), "permanent");
        }
        catch (OperationCanceledException) when (drain.Interrupt.IsCancellationRequested)
        {
            return AttemptVerdict.Interrupted;
        }
        catch (OperationCanceledException) when (run.IsCancelled)
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

    private static AttemptVerdict TimedOut(HandlerFor handler, string more) =>
        new(TaskOutcome.RetryableFailure($"timed out after {handler.Timeout:c}{more}"), "timeout");

    private static string WordFor(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Succeeded => "success",
        TaskOutcome.Retryable => "retryable",
        _ => "permanent",
    };

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

    /// <summary>Interrupted, and it did not stop.</summary>
    public static readonly AttemptVerdict Abandoned = new(null, "abandoned");
}
