using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>
/// Handlers that ignored their cancellation, whose slots were given away, and that still run. Each keeps what it holds, most often a thread, and nothing can take it back but the end of the
/// process: with too many of them this service fails, and so the host drains and exits, for an orchestrator to start it anew.
/// </summary>
internal sealed partial class AbandonedHandlers(IOptions<ConsumersOptions> options, ILogger<AbandonedHandlers> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Task, string> _running = new();
    private readonly TaskCompletionSource _tooMany = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _most = options.Value.Handlers.MaxAbandoned;

    public void Add(Task run, string taskType, ModuleStats stats)
    {
        _running[run] = taskType;
        stats.CountAbandoned(1);
        // Its exception, should it come, is observed here: nobody waits for it any more.
        _ = run.ContinueWith(
            late =>
            {
                _running.TryRemove(late, out _);
                stats.CountAbandoned(-1);
                _ = late.Exception;
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (_most > 0 && _running.Count >= _most)
        {
            _tooMany.TrySetResult();
        }
    }

    /// <exception cref="HandlersAbandonedException">There are too many.</exception>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _tooMany.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
        var byType = _running.Values.GroupBy(type => type, StringComparer.Ordinal).OrderByDescending(type => type.Count()).Select(type => $"{type.Key}: {type.Count()}");
        var types = string.Join(", ", byType);
        Log.TooMany(logger, _most, types);
        throw new HandlersAbandonedException($"{_most} handlers ignore their cancellation and still run ({types})");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Critical, Message = "{Most} handlers were cancelled, did not return, and still run (Consumers:Handlers:MaxAbandoned), by task type {Types}. This instance takes no more work, finishes what it can, and exits with a code that is not 0, so that whoever watches it starts it anew. Make these handlers observe their cancellation token")]
        public static partial void TooMany(ILogger logger, int most, string types);
    }
}

/// <summary>Ends a host that is full of handlers which never return.</summary>
internal sealed class HandlersAbandonedException(string message) : Exception(message);
