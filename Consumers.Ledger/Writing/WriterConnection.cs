using SQLitePCL;

namespace Consumers.Ledger;

/// <summary>The connection that the writer's thread owns, with its prepared statements.</summary>
internal sealed class WriterConnection : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly int _busyTimeout;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private bool? _full;

    static WriterConnection() => Batteries_V2.Init();

    public WriterConnection(LedgerDatabase database)
    {
        _busyTimeout = (int)database.Options.BusyTimeout.TotalMilliseconds;
        // Without CREATE: a ledger that vanished is an outage, not an empty ledger. Without mutexes: only the writer's thread uses it.
        var code = raw.sqlite3_open_v2(database.Path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            if (code != raw.SQLITE_OK)
            {
                throw new LedgerFault(code, raw.sqlite3_errmsg(_handle).utf8_to_string() ?? "");
            }
            // What may only be read is opened all the same, and would be found at the first write.
            if (raw.sqlite3_db_readonly(_handle, "main") != 0)
            {
                throw new LedgerFault(raw.SQLITE_READONLY, "attempt to write a readonly database");
            }
            raw.sqlite3_busy_timeout(_handle, _busyTimeout);
            LedgerPragmas.Apply(RunOnce, database.Path, database.Options.BusyTimeout, readOnly: false);
            // 16 MiB instead of 2: at a million rows the upper levels of every index stay in memory.
            RunOnce("PRAGMA cache_size=-16384");
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public Statement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
        {
            // A command that threw while it read has left it in the middle.
            statement.Reset();
            return statement;
        }
        return _statements[sql] = new Statement(_handle, sql);
    }

    /// <summary>Takes the write lock if it is free. SQLite's own waiting backs off to 100 ms, and would starve behind a process that commits without a pause.</summary>
    public bool TryBegin(bool full)
    {
        SetSynchronous(full);
        raw.sqlite3_busy_timeout(_handle, 0);
        try
        {
            Prepare("BEGIN IMMEDIATE").Run();
            return true;
        }
        catch (LedgerFault fault) when (fault.IsBusy)
        {
            return false;
        }
        finally
        {
            raw.sqlite3_busy_timeout(_handle, _busyTimeout);
        }
    }

    public void Commit() => Prepare("COMMIT").Run();

    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_handle) == 0)
        {
            Prepare("ROLLBACK").Run();
        }
    }

    /// <summary>Runs a statement that is not worth keeping; returns the first column of its first row.</summary>
    public string? RunOnce(string sql)
    {
        using var statement = new Statement(_handle, sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Copies the log into the file; <c>TRUNCATE</c> also empties it, but only when that needs no waiting.</summary>
    public void Checkpoint(bool truncate)
    {
        raw.sqlite3_busy_timeout(_handle, truncate ? 20 : 0);
        try
        {
            RunOnce(truncate ? "PRAGMA wal_checkpoint(TRUNCATE)" : "PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (LedgerFault fault) when (fault.IsBusy)
        {
            // Somebody reads or writes: the next round gets further.
        }
        finally
        {
            raw.sqlite3_busy_timeout(_handle, _busyTimeout);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
        _handle.Dispose();
    }

    private void SetSynchronous(bool full)
    {
        if (_full == full)
        {
            return;
        }
        // Has no effect inside a transaction, hence here.
        Prepare(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL").Run();
        var level = RunOnce("PRAGMA synchronous");
        if (level != (full ? "2" : "1"))
        {
            throw new InvalidOperationException($"PRAGMA synchronous reads back as {level} after it was set to {(full ? "FULL (2)" : "NORMAL (1)")}");
        }
        _full = full;
    }
}
