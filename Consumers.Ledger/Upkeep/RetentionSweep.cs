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

    private const string BoundsSql = """SELECT (SELECT MIN("Row") FROM "Tasks"), (SELECT MAX("Row") FROM "Tasks")""";

    private const string OldSql = """
        SELECT "Row" FROM "Tasks" WHERE "Row" >= ?1 AND "Row" < ?2 AND "CompletedTime" < ?3 AND "Status" IN ('COMPLETED', 'FAILED')
        """;

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
        var before = (time.GetUtcNow() - database.Options.Retention).ToUnixTimeMilliseconds();
        var removed = 0;
        var (row, last) = database.Read(Bounds);
        for (; row <= last; row += Window)
        {
            var from = row;
            var old = database.Read(connection => Find(connection, from, before));
            foreach (var batch in old.Chunk(database.Options.RetentionBatch))
            {
                removed += await writer.RunAsync(transaction => Delete(transaction, batch, before), isOutcome: false, cancellationToken);
                await Task.Delay(Pause, time, cancellationToken);
            }
            // Read at once, a million rows would take processor time from the tasks whenever a host starts, and every round.
            await Task.Delay(Pause, time, cancellationToken);
        }
        return removed;
    }

    private static (long First, long Last) Bounds(LedgerConnection connection)
    {
        var read = connection.Prepare(BoundsSql);
        read.Step();
        var bounds = read.IsNull(0) ? (1, 0) : (read.Long(0), read.Long(1));
        read.Reset();
        return bounds;
    }

    private static List<long> Find(LedgerConnection connection, long from, long before)
    {
        var rows = new List<long>();
        var read = connection.Prepare(OldSql).Set(1, from).Set(2, from + Window).Set(3, before);
        while (read.Step())
        {
            rows.Add(read.Long(0));
        }
        return rows;
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
