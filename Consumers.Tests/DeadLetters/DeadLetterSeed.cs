using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.DeadLetters;

/// <summary>Fills a ledger with dead letters as the archivist leaves them, thousands at once, and with their tasks as the fleet left them.</summary>
internal sealed record DeadLetterSeed(string Module = "rabbit", string Type = "scripted", string Payload = """{"steps":["ok"]}""")
{
    public const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    // How SQLite is found is set up when the ledger's assembly is first used, and this may be before.
    static DeadLetterSeed() => RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    /// <summary>Ids of tasks are this and a number from 1; of entries <c>dl-</c> before it.</summary>
    public string Prefix { get; init; } = "task-";

    /// <summary>False for a module that writes no rows.</summary>
    public bool HasRows { get; init; } = true;

    public int Series { get; init; } = 1;

    /// <summary>In the place of a task.</summary>
    public string? RawBody { get; init; }

    public string Reason { get; init; } = "permanent";

    public void Insert(string ledger, int count)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = ledger, Pooling = false, DefaultTimeout = 30 }.ToString());
        connection.Open();
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = """
            INSERT OR IGNORE INTO "Sequences" ("Name", "Last") VALUES ('dead-letters', 0);
            INSERT OR IGNORE INTO "DeadLetterCauses" ("Id", "Module", "Type", "Reason", "Error", "Dead", "Replayed", "Discarded", "FirstAt", "LastAt")
            VALUES ('cause-' || @prefix, @module, @type, @reason, 'no such address', 0, 0, 0, 1, 1);
            UPDATE "DeadLetterCauses" SET "Dead" = "Dead" + @count WHERE "Id" = 'cause-' || @prefix;
            INSERT INTO "DeadLetterCounters" ("Module", "State", "Count") VALUES (@module, 'dead', @count)
            ON CONFLICT DO UPDATE SET "Count" = "Count" + excluded."Count";

            CREATE TEMP TABLE "N" AS WITH RECURSIVE "N" ("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "N" WHERE "n" < @count) SELECT "n" FROM "N";

            INSERT INTO "DeadLetters" ("Id", "Seq", "Module", "Source", "Identity", "TaskId", "Type", "Content", "Series", "Reason", "Cause", "Error", "Attempts", "Times", "DeadAt", "ArchivedAt",
                                       "ChangedAt", "BodyBytes", "State")
            SELECT 'dl-' || @prefix || "n", (SELECT "Last" FROM "Sequences" WHERE "Name" = 'dead-letters') + "n", @module, 'dead', @prefix || "n", CASE WHEN @raw IS NULL THEN @prefix || "n" END,
                   CASE WHEN @raw IS NULL THEN @type END, @prefix || "n", @series, @reason, (SELECT "Row" FROM "DeadLetterCauses" WHERE "Id" = 'cause-' || @prefix), 'no such address', 1, @series,
                   "n" * 1000, 1, 1, 100, 'dead'
            FROM "N";

            INSERT INTO "DeadLetterBodies" ("DeadLetterRow", "Body", "Headers")
            SELECT "Row", CAST(COALESCE(@raw, '{"id":"' || "TaskId" || '","type":"' || @type || '","payload":' || @payload || ',"retryCount":3,"maxRetries":3,"customer":"acme"}') AS BLOB), @headers
            FROM "DeadLetters" WHERE "Seq" > (SELECT "Last" FROM "Sequences" WHERE "Name" = 'dead-letters');

            UPDATE "Sequences" SET "Last" = "Last" + @count WHERE "Name" = 'dead-letters';

            INSERT INTO "Tasks" ("Id", "Module", "Type", "Status", "RetryCount", "MaxRetries", "Series", "Attempt", "Epoch", "Seq", "CreatedAt", "ChangedAt", "CompletedTime", "DeadReason",
                                 "ErrorMessage", "AwaitsPublishing", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed")
            SELECT @prefix || "n", @module, @type, 'FAILED', 3, 3, @series, 4, 4, 8, 1, @now, @now, @reason, 'no such address', 0, 0, 0, 0, 1 FROM "N" WHERE @rows;
            INSERT INTO "TaskBodies" ("TaskRow", "Payload") SELECT t."Row", CAST(@payload AS BLOB) FROM "Tasks" AS t JOIN "N" ON t."Id" = @prefix || "n" WHERE @rows;
            INSERT INTO "Counters" ("Module", "Status", "Count") SELECT @module, 'FAILED', @count WHERE @rows ON CONFLICT DO UPDATE SET "Count" = "Count" + excluded."Count";
            DROP TABLE "N";
            """;
        var headers = $$"""[["traceparent","{{Trace}}"],["tenant","acme"],["x-series","{{Series}}"],["x-due-at","2026-01-01T00:00:00.000Z"],["x-last-error","no such address"],["x-dead-reason","{{Reason}}"]]""";
        (string Name, object? Value)[] values =
        [
            ("@prefix", Prefix), ("@module", Module), ("@type", Type), ("@payload", Payload), ("@rows", HasRows && RawBody is null), ("@series", Series), ("@raw", RawBody), ("@reason", Reason),
            ("@headers", headers), ("@count", count), ("@now", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()),
        ];
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        command.ExecuteNonQuery();
        transaction.Commit();
    }
}
