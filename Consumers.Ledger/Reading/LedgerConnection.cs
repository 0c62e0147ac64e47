using SQLitePCL;

namespace Consumers.Ledger;

/// <summary>
/// A connection straight on SQLite, beside the writer's: for what is read all the time, and for the schema. It needs no model of EF, whose making costs a process
/// more than all else of its start, and then stays in its memory. One thread at a time.
/// </summary>
internal sealed class LedgerConnection : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    static LedgerConnection() => Batteries_V2.Init();

    private LedgerConnection(LedgerDatabase database, int flags, bool readOnly)
    {
        var code = raw.sqlite3_open_v2(database.Path, out _handle, flags | raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            raw.sqlite3_busy_timeout(_handle, (int)database.Options.BusyTimeout.TotalMilliseconds);
            LedgerPragmas.Apply(RunOnce, database.Path, database.Options.BusyTimeout, readOnly);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>SQLite opens without a word what it may not write.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(_handle, "main") != 0;

    /// <summary>A file that is not there is an outage: it is not made.</summary>
    public static LedgerConnection ToRead(LedgerDatabase database) => new(database, flags: 0, readOnly: true);

    /// <summary>Only here is the file made.</summary>
    public static LedgerConnection ToMigrate(LedgerDatabase database) => new(database, raw.SQLITE_OPEN_CREATE, readOnly: false);

    public Statement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
        {
            return statement;
        }
        return _statements[sql] = new Statement(_handle, sql);
    }

    /// <summary>The first column of all rows, as text.</summary>
    public List<string> Texts(string sql)
    {
        using var statement = new Statement(_handle, sql);
        var texts = new List<string>();
        while (statement.Step())
        {
            texts.Add(statement.Text(0));
        }
        return texts;
    }

    /// <summary>Runs any number of statements.</summary>
    public void Execute(string script) => Check(raw.sqlite3_exec(_handle, script));

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
        _handle.Dispose();
    }

    private string? RunOnce(string sql) => Texts(sql) is [var text, ..] ? text : null;

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw new LedgerFault(code, raw.sqlite3_errmsg(_handle).utf8_to_string() ?? "");
        }
    }
}
