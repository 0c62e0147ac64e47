using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>Removes entries that were replayed or discarded longer ago than the ledger's retention, and dead ones only where an option says so; then causes and hours that nobody needs.</summary>
internal sealed partial class DeadLetterSweep(LedgerDatabase database, LedgerWriter writer, IOptions<ConsumersOptions> options, TimeProvider time, ILogger<DeadLetterSweep> logger) : BackgroundService
{
    /// <summary>How many entries one step looks at.</summary>
    private const int Window = 2000;

    /// <summary>A page shows a day.</summary>
    private const int KeptHours = 48;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const string WindowSql = """SELECT "Row", "Seq", "ChangedAt" FROM "DeadLetters" WHERE "State" = ?1 AND "Seq" > ?2 ORDER BY "Seq" LIMIT ?3""";

    // What an operation has in hand is published from here, however long its broker has been away.
    private const string DeleteSql = """
        DELETE FROM "DeadLetters" WHERE "Row" = ?1 AND "State" = ?2 AND "ChangedAt" < ?3
        AND NOT EXISTS (SELECT 1 FROM "OperationItems" AS i WHERE i."DeadLetterRow" = "DeadLetters"."Row" AND i."State" IN ('waiting', 'claimed'))
        RETURNING "Module", "Cause"
        """;

    private const string HoursSql = """DELETE FROM "DeadLetterCauseHours" WHERE "Hour" < ?1""";

    private const string CausesSql = """
        DELETE FROM "DeadLetterCauses" WHERE "Dead" + "Replayed" + "Discarded" = 0 AND NOT EXISTS (SELECT 1 FROM "DeadLetters" WHERE "Cause" = "DeadLetterCauses"."Row")
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
                        Log.Removed(logger, removed);
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

    /// <summary>Walks through all entries of these states once. Returns how many were removed.</summary>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var removed = await SweepAsync(DeadLetterState.Replayed, now - database.Options.Retention, cancellationToken)
            + await SweepAsync(DeadLetterState.Discarded, now - database.Options.Retention, cancellationToken);
        if (options.Value.DeadLetters.DeadRetention is { } kept)
        {
            removed += await SweepAsync(DeadLetterState.Dead, now - kept, cancellationToken);
        }
        var oldest = (now.ToUnixTimeMilliseconds() / CauseRows.MillisecondsAnHour) - KeptHours;
        await writer.RunAsync(
            transaction =>
            {
                transaction.Prepare(HoursSql).Set(1, oldest).Run();
                return transaction.Prepare(CausesSql).Run();
            },
            isOutcome: false,
            cancellationToken);
        return removed;
    }

    private async Task<int> SweepAsync(DeadLetterState state, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var removed = 0;
        var (last, latest) = (0L, before.ToUnixTimeMilliseconds());
        while (database.Read(connection => Next(connection, state, last)) is { Count: > 0 } window)
        {
            last = window[^1].Seq;
            foreach (var batch in window.Where(entry => entry.ChangedAt < latest).Select(entry => entry.Row).Chunk(database.Options.RetentionBatch))
            {
                removed += await writer.RunAsync(transaction => Delete(transaction, batch, state, latest), isOutcome: false, cancellationToken);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
        return removed;
    }

    private static List<Entry> Next(LedgerConnection connection, DeadLetterState state, long after)
    {
        var entries = new List<Entry>();
        var read = connection.Prepare(WindowSql).Set(1, state.ToWire()).Set(2, after).Set(3, Window);
        while (read.Step())
        {
            entries.Add(new(read.Long(0), read.Long(1), read.Long(2)));
        }
        return entries;
    }

    private static int Delete(LedgerTransaction transaction, long[] rows, DeadLetterState state, long before)
    {
        var removed = 0;
        foreach (var row in rows)
        {
            var delete = transaction.Prepare(DeleteSql).Set(1, row).Set(2, state.ToWire()).Set(3, before);
            // One that came again meanwhile stays.
            if (delete.Step())
            {
                transaction.DeadLetters.Move(delete.Text(0), delete.Long(1), state, null);
                delete.Run();
                removed++;
            }
        }
        return removed;
    }

    private readonly record struct Entry(long Row, long Seq, long ChangedAt);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed {Count} entries of the dead-letter archive that were settled long ago.")]
        public static partial void Removed(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Old dead letters could not be removed; the next round tries again.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
