using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Makes the ledger's file, or brings an older one up to date; refuses what it cannot vouch for. One process at a time, under a lock of the operating system.</summary>
internal sealed class LedgerMigrator(LedgerDatabase database, TimeProvider time)
{
    /// <summary>Above this a whole check at every start would take too long.</summary>
    private const long CheckedSize = 64 * 1024 * 1024;

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    private string LockPath => database.Path + ".migrate.lock";

    /// <exception cref="LedgerUnusableException">The file cannot be used; the message says why and what to do.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(database.Path)!);
            using var held = await TakeLockAsync(cancellationToken);
            LedgerFile.RefuseForeign(database.Path);
            await using var context = database.CreateMigrating();
            await context.Database.OpenConnectionAsync(cancellationToken);
            await RefuseUnknownSchemaAsync(context, cancellationToken);
            // Whoever holds our lock is the only one who migrates: a row in EF's lock table is left from a process that was killed.
            await context.Database.ExecuteSqlRawAsync("""DROP TABLE IF EXISTS "__EFMigrationsLock" """, cancellationToken);
            if ((await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            {
                await context.Database.MigrateAsync(cancellationToken);
            }
            RefuseReadOnly();
        }
        catch (SqliteException e)
        {
            throw new LedgerUnusableException($"the ledger cannot be opened: {LedgerFault.Describe(e.SqliteErrorCode, database.Path)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerUnusableException($"the ledger {database.Path} cannot be opened or made: {e.Message} Set {LedgerOptions.Section}:Path to a file that this process may write.", e);
        }
    }

    /// <summary>A ledger that is up to date was only read until here, and SQLite opens without a word what it may not write.</summary>
    private void RefuseReadOnly()
    {
        try
        {
            new WriterConnection(database).Dispose();
        }
        catch (LedgerFault fault) when (!fault.IsBusy)
        {
            throw new LedgerUnusableException($"the ledger cannot be opened: {LedgerFault.Describe(fault.Code, database.Path)}", fault);
        }
        catch (LedgerFault)
        {
            // Locked is not read-only: the writer waits for it.
        }
    }

    private async Task<FileStream> TakeLockAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (FileLock.TryTake(LockPath) is { } held)
            {
                return held;
            }
            if (time.GetElapsedTime(since) > LockTimeout)
            {
                throw new LedgerUnusableException($"the ledger {database.Path} has been migrated by another process for over {LockTimeout.TotalSeconds:0} s, which holds {LockPath}. Start again when it is done; find it with: fuser {LockPath}");
            }
            await Task.Delay(LockPoll, time, cancellationToken);
        }
    }

    private async Task RefuseUnknownSchemaAsync(LedgerContext context, CancellationToken cancellationToken)
    {
        if (new FileInfo(database.Path).Length <= CheckedSize)
        {
            var verdict = await ReadAsync(context, "PRAGMA quick_check(1)", cancellationToken);
            if (verdict is not ["ok"])
            {
                throw new LedgerUnusableException($"the ledger cannot be opened: {database.Path} is damaged ({string.Join("; ", verdict)}). Stop the fleet and restore the file from a copy, or move it away to start with an empty ledger.");
            }
        }
        var tables = await ReadAsync(context, LedgerSchema.TablesSql, cancellationToken);
        var applied = tables.Contains("__EFMigrationsHistory") ? await ReadAsync(context, LedgerSchema.AppliedSql, cancellationToken) : null;
        if (LedgerSchema.Problem(database.Path, tables, applied, context.Database.GetMigrations()) is { } problem)
        {
            throw new LedgerUnusableException(problem);
        }
    }

    private static Task<List<string>> ReadAsync(LedgerContext context, string sql, CancellationToken cancellationToken) =>
        context.Database.SqlQueryRaw<string>(sql).ToListAsync(cancellationToken);
}
