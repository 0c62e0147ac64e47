using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>A host whose ledger has many tasks (of a hundred, one failed and one waits for a retry) and figures of every range; and the addresses of all pages, with something on each.</summary>
internal static class FilledLedger
{
    public static async Task<HostUnderTest> StartAsync(string path, int tasks, bool kafka)
    {
        await using (await HostUnderTest.StartAsync(("Consumers:Ledger:Path", path)))
        {
        }
        Fill(path, tasks);
        return kafka
            ? await HostUnderTest.StartAsync(("Consumers:Ledger:Path", path), ("Consumers:Kafka:Enabled", "true"), ("KAFKA_BOOTSTRAP_SERVERS", "embedded"))
            : await HostUnderTest.StartAsync(("Consumers:Ledger:Path", path));
    }

    public static async Task<IReadOnlyList<string>> PagesAsync(HostUnderTest host, bool kafka)
    {
        (await host.PostAsync("/api/rabbit/tasks", """{"id":"dead-1","type":"flaky","payload":{"mode":"permanent","reason":"no such address"}}""")).EnsureSuccessStatusCode();
        var letter = "";
        await Eventually.TrueAsync(
            async () => (await host.JsonAsync("/api/dead-letters")).GetProperty("items") is var items && items.GetArrayLength() > 0 && (letter = items[0].GetProperty("id").GetString()) is not null, "the dead letter is archived");
        var pages = new List<string>
        {
            "/", "/?range=24h", "/?range=28d", "/rabbit", "/scaling", "/instances", "/tasks", "/tasks?status=FAILED", "/tasks?type=type-3", "/tasks?worker=nobody", "/tasks?status=FAILED&type=nothing",
            "/tasks?status=COMPLETED&key=customer-42&worker=nobody", "/tasks/task-50001", "/dead-letters", $"/dead-letters/{Uri.EscapeDataString(letter)}", "/dead-letters?text=nothing", "/operations", "/audit",
            "/api/fleet", "/api/fleet/figures?range=24h", "/api/rabbit/stats",
        };
        if (kafka)
        {
            pages.Add("/kafka");
        }
        return pages;
    }

    private static void Fill(string path, int tasks)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Run("PRAGMA synchronous=OFF; BEGIN");
        Run($"""
            INSERT INTO "Tasks" ("Id", "Module", "Type", "Key", "Status", "WorkerId", "RetryCount", "MaxRetries", "Series", "Attempt", "Epoch", "Seq", "CreatedAt", "ChangedAt", "StartTime", "CompletedTime", "DueAt", "Tier",
                "DeadReason", "ErrorMessage", "AwaitsPublishing", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed")
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks})
            SELECT 'task-' || i, 'rabbit', 'type-' || (i % 5), CASE WHEN i % 3 = 0 THEN 'customer-' || (i % 1000) END, CASE i % 100 WHEN 0 THEN 'FAILED' WHEN 1 THEN 'RETRYING' ELSE 'COMPLETED' END, 'consumer-' || (i % 3),
                0, 5, 1, 1, 1, 2, {now} - {tasks} + i, {now}, {now} - {tasks} + i, CASE i % 100 WHEN 1 THEN NULL ELSE {now} END, CASE i % 100 WHEN 1 THEN {now} + 86400000 + i END, CASE i % 100 WHEN 1 THEN 60000 END,
                CASE i % 100 WHEN 0 THEN 'permanent' END, CASE WHEN i % 100 < 2 THEN 'the other side said no' END, 0, 0, 0, 0, 0 FROM n
            """);
        Run("""INSERT INTO "TaskBodies" ("TaskRow", "Payload") SELECT "Row", CAST('{"complexityMs":50}' AS BLOB) FROM "Tasks" """);
        Run($"""INSERT INTO "Attempts" ("TaskRow", "Series", "Attempt", "Epoch", "WorkerId", "StartedAt", "EndedAt", "Outcome") SELECT "Row", 1, 1, 1, 'consumer-1', {now}, {now}, 'success' FROM "Tasks" """);
        Run("""INSERT INTO "Counters" ("Module", "Status", "Count") SELECT "Module", "Status", COUNT(*) FROM "Tasks" GROUP BY 1, 2""");
        foreach (var (step, steps) in new[] { (5, 180), (20, 180), (300, 288), (7200, 336) })
        {
            Run($"""
                INSERT INTO "Figures" ("StepSeconds", "Start", "Source", "Completed", "Failed", "Retried", "Running", "Backlog", "Handling", "Age")
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {steps} * 3)
                SELECT {step}, ({now} / {step * 1000} - i / 3) * {step * 1000}, 'run-' || (i % 3), 1000, 5, 3, 10, 200, '30:100 31:300 40:500 45:100', '40:100 44:300 50:500 55:100' FROM n
                """);
        }
        Run("COMMIT");

        void Run(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.CommandTimeout = 0;
            command.ExecuteNonQuery();
        }
    }
}
