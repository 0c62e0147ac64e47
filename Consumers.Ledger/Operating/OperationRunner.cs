using System.Collections.Concurrent;
using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>Takes up operations that nobody runs: new ones, and those of an instance that died or stopped.</summary>
internal sealed partial class OperationRunner(
    LedgerDatabase database, LedgerWriter writer, InstanceIdentity self, OperationParts parts, DrainSignals drain, TimeProvider time, ILogger<OperationRunner> logger) : BackgroundService
{
    /// <summary>How long an operation that nobody runs goes unnoticed.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>More wait for another instance, or for one of these to end.</summary>
    private const int MostAtOnce = 8;

    private readonly ConcurrentDictionary<long, OperationRun> _running = new();
    private readonly SemaphoreSlim _bell = new(0, 1);

    /// <summary>Something has changed here: look at once.</summary>
    public void Wake()
    {
        foreach (var run in _running.Values)
        {
            run.Wake();
        }
        lock (_bell)
        {
            if (_bell.CurrentCount == 0)
            {
                _bell.Release();
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _bell.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, drain.Draining);
        var runs = new List<Task>();
        try
        {
            while (true)
            {
                runs.RemoveAll(run => run.IsCompleted);
                foreach (var row in await TakeAsync(stop.Token))
                {
                    runs.Add(RunAsync(row, stop.Token));
                }
                await _bell.WaitAsync(LookInterval, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        // What is claimed and not published goes on with whoever takes the operation up.
        await Task.WhenAll(runs);
        await ReleaseAsync();
    }

    /// <summary>Operations that are this process's from now on.</summary>
    private async Task<IReadOnlyList<long>> TakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var open = database.Read(OperationRows.Unfinished);
            var candidates = open.Where(operation => !_running.ContainsKey(operation.Row) && (operation.Kind == OperationKind.Discard || parts.CanPublishAll(operation.Modules)))
                .Select(operation => operation.Row).Take(MostAtOnce - _running.Count).ToArray();
            return candidates.Length == 0 ? [] : await writer.RunAsync(transaction => Array.FindAll(candidates, row => Take(transaction, row)), isOutcome: false, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The ledger is away, and its own state says so.
            Log.NotLookedUp(logger, e);
            return [];
        }
    }

    private bool Take(LedgerTransaction transaction, long row)
    {
        if (OperationRows.Read(transaction, row) is not { } operation || (operation.Owner is { } owner && owner != self.RunId && parts.Judge.Judge(transaction, owner) == OwnerLife.Alive))
        {
            return false;
        }
        OperationRows.Own(transaction, row, self);
        return true;
    }

    private async Task RunAsync(long row, CancellationToken stop)
    {
        using var run = new OperationRun(row, parts);
        _running[row] = run;
        try
        {
            Log.Taken(logger, row);
            await run.ToTheEndAsync(stop);
        }
        finally
        {
            _running.TryRemove(row, out _);
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            // Where the ledger is away, its lease says later that this process is gone.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            await writer.RunAsync(
                transaction =>
                {
                    OperationRows.Release(transaction, self);
                    return true;
                },
                isOutcome: false,
                patience.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Operations could not be looked up.")]
        public static partial void NotLookedUp(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Debug, "Operation {Row} is run by this process.")]
        public static partial void Taken(ILogger logger, long row);
    }
}
