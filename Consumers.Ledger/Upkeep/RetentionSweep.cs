using Consumers.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>Removes completed and failed tasks that are older than the retention, with their attempts, a few at a time and through the writer; it reads a few at a time as well, so that tasks need not wait for it.</summary>
internal sealed partial class RetentionSweep(LedgerDatabase database, LedgerWriter writer, TimeProvider time, ILogger<RetentionSweep> logger) : BackgroundService
{
    /// <summary>How many rows one step looks at: reading is cheap, and an index on the time of completion would cost every task.</summary>
    private const int Window = 2000;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const string DeleteSql = """
        DELETE FROM "Tasks" WHERE "Row" = ?1 AND "Status" IN ('COMPLETED', 'FAILED') AND "CompletedTime" < ?2 RETURNING "Module", "Status"
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        try
        {
            do
            {
                try
                {
                    var removed = await SweepAsync(stoppingToken);
                    if (removed > 0)
                    {
                        Log.Removed(logger, removed, database.Options.Retention);
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    Log.Failed(logger, e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Walks through all rows once. Returns how many tasks were removed.</summary>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - database.Options.Retention;
        var removed = 0;
        var (row, last) = await BoundsAsync(cancellationToken);
        for (; row <= last; row += Window)
        {
            var old = await FindAsync(row, before, cancellationToken);
            foreach (var batch in old.Chunk(database.Options.RetentionBatch))
            {
                removed += await writer.RunAsync(transaction => Delete(transaction, batch, before.ToUnixTimeMilliseconds()), isOutcome: false, cancellationToken);
                await Task.Delay(Pause, time, cancellationToken);
            }
            // Read at once, a million rows would take processor time from the tasks whenever a host starts, and every round.
            await Task.Delay(Pause, time, cancellationToken);
        }
        return removed;
    }

    private async Task<(long First, long Last)> BoundsAsync(CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        var first = await context.Tasks.OrderBy(task => task.Row).Select(task => task.Row).FirstOrDefaultAsync(cancellationToken);
        var last = await context.Tasks.OrderByDescending(task => task.Row).Select(task => task.Row).FirstOrDefaultAsync(cancellationToken);
        return first == 0 ? (1, 0) : (first, last);
    }

    private async Task<List<long>> FindAsync(long from, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        return await context.Tasks
            .Where(task => task.Row >= from && task.Row < from + Window && task.CompletedTime < before && (task.Status == TaskState.Completed || task.Status == TaskState.Failed))
            .Select(task => task.Row)
            .ToListAsync(cancellationToken);
    }

    private static int Delete(LedgerTransaction transaction, long[] rows, long before)
    {
        var removed = 0;
        foreach (var row in rows)
        {
            var delete = transaction.Prepare(DeleteSql).Set(1, row).Set(2, before);
            // A task that was replayed meanwhile stays.
            if (delete.Step())
            {
                transaction.Move(delete.Text(0), StateConverter.Read(delete.Text(1)), null);
                delete.Run();
                removed++;
            }
        }
        return removed;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed {Count} tasks that ended over {Retention} ago.")]
        public static partial void Removed(ILogger logger, int count, TimeSpan retention);

        [LoggerMessage(2, LogLevel.Warning, "Old tasks could not be removed; the next round tries again.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
