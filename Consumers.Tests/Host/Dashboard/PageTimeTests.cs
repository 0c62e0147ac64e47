using System.Diagnostics;
using System.Globalization;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>How long the server takes for a page with a million tasks in its ledger. Prints it, and asserts only that the pages show them: docs/dashboard.md has the figures.</summary>
public sealed class PageTimeTests
{
    private const int Rounds = 200;

    [Fact]
    public async Task Every_page_answers_with_a_million_tasks_in_the_ledger()
    {
        LongTests.Require("fills a ledger with a million tasks");
        using var folder = new TempFolder();
        var path = folder.File("million.db");
        await using (await HostUnderTest.StartAsync(("Consumers:Ledger:Path", path)))
        {
        }
        Fill(path);
        await using var host = await HostUnderTest.StartAsync(("Consumers:Ledger:Path", path));

        (await host.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldContain("980&#x202F;000");
        foreach (var page in new[] { "/", "/?range=24h", "/rabbit", "/scaling", "/instances", "/tasks", "/tasks?status=FAILED", "/tasks?type=type-3", "/tasks/task-500000", "/dead-letters", "/operations", "/audit", "/api/fleet", "/api/fleet/figures?range=24h" })
        {
            var times = new List<double>();
            for (var round = 0; round < Rounds + 10; round++)
            {
                var began = Stopwatch.GetTimestamp();
                (await host.GetAsync(page)).EnsureSuccessStatusCode();
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            // The first ones compile what they run.
            var sorted = times.Skip(10).Order().ToArray();
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{page,-32} p50 {sorted[Rounds / 2],6:0.0} ms   p95 {sorted[Rounds * 95 / 100],6:0.0} ms"));
        }
    }

    private static void Fill(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Run("PRAGMA synchronous=OFF; BEGIN");
        Run($"""
            INSERT INTO "Tasks" ("Id", "Module", "Type", "Key", "Status", "WorkerId", "RetryCount", "MaxRetries", "Series", "Attempt", "Epoch", "Seq", "CreatedAt", "ChangedAt", "StartTime", "CompletedTime", "DueAt", "Tier",
                "DeadReason", "ErrorMessage", "AwaitsPublishing", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed")
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
            SELECT 'task-' || i, 'rabbit', 'type-' || (i % 5), CASE WHEN i % 3 = 0 THEN 'customer-' || (i % 1000) END, CASE i % 100 WHEN 0 THEN 'FAILED' WHEN 1 THEN 'RETRYING' ELSE 'COMPLETED' END, 'consumer-' || (i % 3),
                0, 5, 1, 1, 1, 2, {now} - 1000000 + i, {now}, {now} - 1000000 + i, CASE i % 100 WHEN 1 THEN NULL ELSE {now} END, CASE i % 100 WHEN 1 THEN {now} + 86400000 + i END, CASE i % 100 WHEN 1 THEN 60000 END,
                CASE i % 100 WHEN 0 THEN 'permanent' END, CASE WHEN i % 100 < 2 THEN 'the other side said no' END, 0, 0, 0, 0, 0 FROM n
            """);
        Run("""INSERT INTO "TaskBodies" ("TaskRow", "Payload") SELECT "Row", CAST('{"complexityMs":50}' AS BLOB) FROM "Tasks" """);
        Run($"""INSERT INTO "Attempts" ("TaskRow", "Series", "Attempt", "Epoch", "WorkerId", "StartedAt", "EndedAt", "Outcome") SELECT "Row", 1, 1, 1, 'consumer-1', {now}, {now}, 'success' FROM "Tasks" """);
        Run("""INSERT INTO "Counters" ("Module", "Status", "Count") SELECT "Module", "Status", COUNT(*) FROM "Tasks" GROUP BY 1, 2""");
        foreach (var (step, steps) in new[] { (5, 180), (20, 180), (300, 288) })
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
