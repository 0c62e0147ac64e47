using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Consumers.Core;

/// <summary>One run of a handler, and what is told of it while it runs.</summary>
public sealed partial class TaskExecutor
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(AttemptVerdict Verdict, TimeSpan Busy)> RunHandlerAsync(Delivery delivery, TaskMessage message, AttemptKey key, int maxRetries)
    {
        var context = new TaskContext
        {
            Id = message.Id,
            Type = message.Type,
            Payload = message.Payload,
            Key = message.Key,
            Attempt = key.Attempt,
            Series = key.Series,
            MaxRetries = maxRetries,
            CreatedAt = message.CreatedAt,
            Module = _module,
            WorkerId = _identity.Name,
            Origin = delivery.Origin,
            TraceParent = delivery.Header(TaskHeaders.TraceParent),
        };
        // Without anybody who writes it down, it need not be made.
        using var scope = _logger.IsEnabled(LogLevel.Critical) ? Log.Scope(_logger, message.Id, message.Type, key.Attempt) : null;
        AttemptVerdict verdict = default;
        TimeSpan busy;
        var began = _time.GetTimestamp();
        var startedAt = _time.GetUtcNow();
        _telemetry.Started(delivery, message, startedAt);
        var running = _stats.CountStarted(context, startedAt);
        try
        {
            var run = _runner.Prepare(context);
            verdict = _runner.End(run, context, run is null || await run.StartAsync().ConfigureAwait(false));
        }
        finally
        {
            busy = _time.GetElapsedTime(began);
            _stats.CountEnded(running, busy);
            _telemetry.Handled(delivery, message.Type, verdict.Outcome is null ? null : verdict.Word, busy);
        }
        return (verdict, busy);
    }
}
