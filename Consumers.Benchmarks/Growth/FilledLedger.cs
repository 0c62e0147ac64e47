using Consumers.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Consumers.Benchmarks;

/// <summary>A ledger that has that many finished tasks, one each <see cref="Apart"/> until now, made once and used by every round; each adds its own.</summary>
internal sealed class FilledLedger(int tasks)
{
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(50);

    /// <summary>One for every scenario that wants so many.</summary>
    public static FilledLedger Million { get; } = new(1_000_000);

    // Held to the end of the process, whose exit deletes it.
    private TemporaryLedger? _file;

    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            var file = new TemporaryLedger();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => file.Dispose();
            await FillAsync(file.Path, cancellationToken);
            _file = file;
        }
        return _file.Path;
    }

    private async Task FillAsync(string path, CancellationToken cancellationToken)
    {
        var database = new LedgerDatabase(Options.Create(new LedgerOptions { Path = path }));
        await new LedgerMigrator(database, TimeProvider.System).MigrateAsync(cancellationToken);
        await using var context = database.CreateMigrating();
        await context.Database.OpenConnectionAsync(cancellationToken);
        var first = SaveChangesLedger.Begin(TimeProvider.System.GetUtcNow() - tasks * Apart);
        context.Add(first);
        await context.SaveChangesAsync(cancellationToken);
        SaveChangesLedger.Settle(first, first.CreatedAt);
        await context.SaveChangesAsync(cancellationToken);
        // A file that can be made again needs no durability while it is made; the indexes want the memory.
        await context.Database.ExecuteSqlRawAsync("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA wal_autocheckpoint = 0;", cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        foreach (var table in new[] { "Tasks", "TaskBodies", "Attempts" })
        {
            await context.Database.ExecuteSqlRawAsync(await CopiesAsync(context, table, cancellationToken), cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        await context.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)", cancellationToken);
    }

    /// <summary>Copies of the first task's row in this table, each with a row number, times and an id of its own, all in order as they would have come in.</summary>
    private async Task<string> CopiesAsync(DbContext context, string table, CancellationToken cancellationToken)
    {
        var columns = await context.Database.SqlQuery<string>($"SELECT name AS Value FROM pragma_table_info({table})").ToListAsync(cancellationToken);
        var later = $"n * {Apart.TotalMilliseconds:0}";
        var values = columns.Select(column => column switch
        {
            "Row" or "TaskRow" => $"\"{column}\" + n",
            "Id" => $"""printf('%08x-%04x', ("CreatedAt" + {later}) >> 16, ("CreatedAt" + {later}) & 65535) || substr("Id", 14, 11) || printf('%012x', n)""",
            "CreatedAt" or "ChangedAt" or "StartTime" or "CompletedTime" or "StartedAt" or "EndedAt" => $"\"{column}\" + {later}",
            _ => $"\"{column}\"",
        });
        return $"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {tasks - 1})
            INSERT INTO "{table}" ({string.Join(", ", columns.Select(column => $"\"{column}\""))})
            SELECT {string.Join(", ", values)} FROM (SELECT * FROM "{table}" LIMIT 1), numbers
            """;
    }
}
