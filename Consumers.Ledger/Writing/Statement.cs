using System.Text;
using SQLitePCL;

namespace Consumers.Ledger;

/// <summary>
/// One prepared statement. Straight on SQLite's interface, because the ADO.NET command retries a busy database by itself, with a sleep of its own choosing,
/// and costs several times the CPU of the statement.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    public Statement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection, sql, out _statement));
    }

    /// <summary>Parameters count from 1, as in <c>?1</c>.</summary>
    public Statement Set(int parameter, long value) => Checked(raw.sqlite3_bind_int64(_statement, parameter, value));

    public Statement Set(int parameter, long? value) => value is { } there ? Set(parameter, there) : SetNull(parameter);

    public Statement Set(int parameter, bool value) => Set(parameter, value ? 1L : 0L);

    public Statement Set(int parameter, string? value)
    {
        if (value is null)
        {
            return SetNull(parameter);
        }
        if (value.Length == 0)
        {
            // An empty span has no address, and would be bound as NULL.
            return Checked(raw.sqlite3_bind_text(_statement, parameter, value));
        }
        // Names and words are short: no array for them.
        Span<byte> buffer = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(value, buffer, out var written)
            ? Checked(raw.sqlite3_bind_text(_statement, parameter, buffer[..written]))
            : Checked(raw.sqlite3_bind_text(_statement, parameter, Encoding.UTF8.GetBytes(value)));
    }

    public Statement Set(int parameter, ReadOnlySpan<byte> value) =>
        Checked(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0) : raw.sqlite3_bind_blob(_statement, parameter, value));

    public Statement SetNull(int parameter) => Checked(raw.sqlite3_bind_null(_statement, parameter));

    /// <summary>True while there is a row. After the last, or with <see cref="Reset"/>, the statement can be used again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }
        var fault = code == raw.SQLITE_DONE ? null : Fault(code);
        raw.sqlite3_reset(_statement);
        return fault is null ? false : throw fault;
    }

    /// <summary>Runs it to its end. Returns how many rows it changed; meaningless for a statement that changes none by its nature.</summary>
    public int Run()
    {
        while (Step())
        {
        }
        return raw.sqlite3_changes(_connection);
    }

    /// <summary>Runs an insert of one row to its end. Returns its rowid: asking for it with RETURNING would cost a temporary table.</summary>
    public long Insert()
    {
        Run();
        return raw.sqlite3_last_insert_rowid(_connection);
    }

    public void Reset() => raw.sqlite3_reset(_statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int(int column) => raw.sqlite3_column_int(_statement, column);

    public bool Bool(int column) => Long(column) != 0;

    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private Statement Checked(int code)
    {
        Check(code);
        return this;
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Fault(code);
        }
    }

    private LedgerFault Fault(int code) => new(code, raw.sqlite3_errmsg(_connection).utf8_to_string() ?? "");
}
