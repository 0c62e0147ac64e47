using Consumers.Core;
using Microsoft.Data.Sqlite;

namespace Consumers.Ledger;

/// <summary>The ledger's file as an outsider reads it: its tables, on a read-only connection.</summary>
public static class LedgerOutside
{
    /// <summary>By id.</summary>
    public static Dictionary<string, TaskState> States(string path)
    {
        var states = new Dictionary<string, TaskState>();
        Read(path, """SELECT "Id", "Status" FROM "Tasks" """, row => states[row.GetString(0)] = TaskStateNames.FromWire(row.GetString(1))!.Value);
        return states;
    }

    /// <summary>By id.</summary>
    public static Dictionary<string, ProvenTask> Tasks(string path)
    {
        var attempts = new List<(long Row, ProvenAttempt Attempt)>();
        // The two outcomes that the ledger writes itself are begins that ended without one.
        Read(
            path,
            """
            SELECT "TaskRow", "Series", "Attempt", "Epoch", "Outcome" NOT IN ('process died', 'handed back') FROM "Attempts" WHERE "Outcome" IS NOT NULL
            UNION ALL
            SELECT "Row", "Series", "Attempt", "Epoch", 0 FROM "Tasks" WHERE "Status" = 'PROCESSING'
            """,
            row => attempts.Add((row.GetInt64(0), new(row.GetInt32(1), row.GetInt32(2), row.GetInt64(3), row.GetBoolean(4)))));
        var byTask = attempts.ToLookup(attempt => attempt.Row, attempt => attempt.Attempt);
        var tasks = new Dictionary<string, ProvenTask>();
        Read(
            path,
            """SELECT "Row", "Id", "Status", "Series", "Attempt", "MaxRetries" FROM "Tasks" """,
            row => tasks[row.GetString(1)] = new(row.GetString(1), TaskStateNames.FromWire(row.GetString(2))!.Value, row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), [.. byTask[row.GetInt64(0)]]));
        return tasks;
    }

    /// <summary>What SQLite says of the file: <c>ok</c>.</summary>
    public static string IntegrityCheck(string path)
    {
        var said = "";
        Read(path, "PRAGMA integrity_check(1)", row => said = row.GetString(0));
        return said;
    }

    private static void Read(string path, string sql, Action<SqliteDataReader> each)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            each(reader);
        }
    }
}
