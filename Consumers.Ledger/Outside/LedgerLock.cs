using Microsoft.Data.Sqlite;

namespace Consumers.Ledger;

/// <summary>Somebody else's write transaction on the ledger that does not end: nobody can write until it is disposed.</summary>
public sealed class LedgerLock : IDisposable
{
    private readonly string _path;
    private readonly SqliteConnection _connection;

    private LedgerLock(string path, SqliteConnection connection) => (_path, _connection) = (path, connection);

    /// <summary>Waits for the lock as long as SQLite does: 30 s.</summary>
    /// <exception cref="TimeoutException">It could not be had.</exception>
    public static LedgerLock Take(string path)
    {
        var connection = Open(path, seconds: 30);
        try
        {
            Run(connection, "BEGIN IMMEDIATE");
            return new LedgerLock(path, connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new TimeoutException($"the ledger's lock could not be had: {e.Message}", e);
        }
    }

    /// <summary>Whether a writer that asks now is refused.</summary>
    public bool IsHeld()
    {
        using var probe = Open(_path, seconds: 0);
        try
        {
            Run(probe, "PRAGMA busy_timeout = 0");
            Run(probe, "BEGIN IMMEDIATE");
            Run(probe, "ROLLBACK");
            return false;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6)
        {
            return true;
        }
    }

    public void Dispose()
    {
        Run(_connection, "ROLLBACK");
        _connection.Dispose();
    }

    private static SqliteConnection Open(string path, int seconds)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = seconds }.ToString());
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        // With a timeout of 0 the library would wait for ever.
        command.CommandTimeout = Math.Max(1, connection.DefaultTimeout);
        command.ExecuteNonQuery();
    }
}
