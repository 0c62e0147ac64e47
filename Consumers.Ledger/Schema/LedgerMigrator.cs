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
            if (!MakeOrRecognize())
            {
                await MigratePendingAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is LedgerFault or SqliteException)
        {
            throw new LedgerUnusableException($"the ledger cannot be opened: {LedgerFault.Describe((e as LedgerFault)?.Code ?? ((SqliteException)e).SqliteErrorCode, database.Path)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerUnusableException($"the ledger {database.Path} cannot be opened or made: {e.Message} Set {LedgerOptions.Section}:Path to a file that this process may write.", e);
        }
    }

    /// <summary>The usual starts, on a new file and on one that is up to date, without EF. False when migrations are pending.</summary>
    private bool MakeOrRecognize()
    {
        using var connection = LedgerConnection.ToMigrate(database);
        if (connection.IsReadOnly)
        {
            throw new LedgerFault(SQLitePCL.raw.SQLITE_READONLY, "attempt to write a readonly database");
        }
        RefuseDamaged(connection);
        var tables = connection.Texts(LedgerSchema.TablesSql);
        var applied = tables.Contains(LedgerSchema.HistoryTable) ? connection.Texts(LedgerSchema.AppliedSql) : null;
        if (LedgerSchema.Problem(database.Path, tables, applied, WholeSchema.Migrations) is { } problem)
        {
            throw new LedgerUnusableException(problem);
        }
        if (tables.Remove(LedgerSchema.LockTable))
        {
            // Whoever holds our lock is the only one who migrates: a row in EF's lock table is left from a process that was killed.
            connection.Execute($"DROP TABLE \"{LedgerSchema.LockTable}\"");
        }
        if (tables.Count == 0)
        {
            WholeSchema.Make(connection);
            return true;
        }
        return applied is not null && WholeSchema.Migrations.All(applied.Contains);
    }

    private async Task MigratePendingAsync(CancellationToken cancellationToken)
    {
        await using var context = database.CreateMigrating();
        await context.Database.MigrateAsync(cancellationToken);
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

    private void RefuseDamaged(LedgerConnection connection)
    {
        if (new FileInfo(database.Path).Length > CheckedSize)
        {
            return;
        }
        var verdict = connection.Texts("PRAGMA quick_check(1)");
        if (verdict is not ["ok"])
        {
            throw new LedgerUnusableException($"the ledger cannot be opened: {database.Path} is damaged ({string.Join("; ", verdict)}). Stop the fleet and restore the file from a copy, or move it away to start with an empty ledger.");
        }
    }
}
