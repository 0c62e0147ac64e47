using System.Runtime.CompilerServices;
using Consumers.Ledger;
using Microsoft.Data.Sqlite;

namespace Consumers.Benchmarks;

/// <summary>The table of the consumer written by hand.</summary>
internal sealed class HandRows : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _commit;

    // The ledger's assembly makes SQLite loadable for the process, whatever the registry had; a variant without the ledger must not depend on who ran before.
    static HandRows() => RuntimeHelpers.RunModuleConstructor(typeof(LedgerOptions).Module.ModuleHandle);

    public HandRows(string path)
    {
        _connection = new SqliteConnection($"Data Source={path};Pooling=False");
        _connection.Open();
        using var schema = _connection.CreateCommand();
        schema.CommandText = """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            CREATE TABLE tasks (id TEXT PRIMARY KEY, type TEXT NOT NULL, payload TEXT NOT NULL, status TEXT NOT NULL, worker TEXT NOT NULL,
              retry_count INTEGER NOT NULL, max_retries INTEGER NOT NULL, start_time INTEGER NOT NULL, completed_time INTEGER NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
            """;
        schema.ExecuteNonQuery();
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _insert = Prepare(
            "INSERT INTO tasks VALUES ($id, $type, $payload, 'COMPLETED', 'bench', $retries, $max, $now, $now, $created) ON CONFLICT (id) DO NOTHING",
            "$id", "$type", "$payload", "$retries", "$max", "$now", "$created");
    }

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    public void Insert(BenchTask task)
    {
        var values = _insert.Parameters;
        values[0].Value = task.Id;
        values[1].Value = task.Type;
        values[2].Value = task.Payload.Text;
        values[3].Value = task.RetryCount;
        values[4].Value = task.MaxRetries;
        values[5].Value = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        values[6].Value = task.CreatedAt.ToUnixTimeMilliseconds();
        _insert.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string text, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }
        command.Prepare();
        return command;
    }
}
