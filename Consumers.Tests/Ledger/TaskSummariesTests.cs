using System.Diagnostics;
using Consumers.Core;
using Consumers.Ledger;
using Consumers.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class TaskSummariesTests
{
    [Fact]
    public async Task Tasks_attempts_retries_and_durations_are_summed_by_module_type_and_state()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var i = 1; i <= 20; i++)
        {
            await instance.SettleAsync(await instance.BegunAsync($"done-{i}"), Settlement.Ack.Instance);
        }
        var again = await instance.BegunAsync("again");
        await instance.SettleAsync(again, instance.RetryIn(again, 1));
        await instance.BegunAsync("runs", module: "kafka");
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("waits", type: "report")], CancellationToken.None);
        // 10, 20, … 200 ms.
        ledger.Read("""UPDATE "Attempts" SET "EndedAt" = "StartedAt" + 10 * "TaskRow" WHERE "Outcome" = 'success'""");

        // The windows are smaller than the groups: sums are put together.
        var sums = await new TaskSummaries(instance.Database) { Window = 3 }.SummarizeAsync(null, null, CancellationToken.None);

        sums.ShouldBe(
        [
            new TaskSummary("kafka", "email", TaskState.Processing, 1, 0, 0, null, null),
            new TaskSummary("rabbit", "email", TaskState.Retrying, 1, 1, 1, TimeSpan.Zero, TimeSpan.Zero),
            new TaskSummary("rabbit", "email", TaskState.Completed, 20, 20, 0, TimeSpan.FromMilliseconds(105), TimeSpan.FromMilliseconds(190)),
            new TaskSummary("rabbit", "report", TaskState.Queued, 1, 0, 0, null, null),
        ]);
    }

    [Theory]
    [InlineData(999, 999)]
    [InlineData(4567, 4560)]
    [InlineData(45_678, 45_600)]
    [InlineData(456_789, 456_000)]
    [InlineData(3_456_789, 3_450_000)]
    [InlineData(86_399_999, 86_300_000)]
    [InlineData(-5, 0)]
    public async Task A_p95_keeps_three_figures(long took, long shown)
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.SettleAsync(await instance.BegunAsync("t"), Settlement.Ack.Instance);
        ledger.Read($"""UPDATE "Attempts" SET "EndedAt" = "StartedAt" + {took}""");

        var sum = (await new TaskSummaries(instance.Database).SummarizeAsync(null, null, CancellationToken.None)).Single();

        sum.P95Duration.ShouldBe(TimeSpan.FromMilliseconds(shown));
        sum.MeanDuration.ShouldBe(TimeSpan.FromMilliseconds(Math.Max(0, took)));
    }

    [Fact]
    public async Task Work_that_was_handed_back_or_died_is_no_attempt()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.SettleAsync(await instance.BegunAsync("a"), Settlement.Ack.Instance);
        await instance.SettleAsync(await instance.BegunAsync("b"), Settlement.Ack.Instance);
        ledger.Read("""UPDATE "Attempts" SET "Outcome" = CASE "TaskRow" WHEN 1 THEN 'handed back' ELSE 'process died' END""");

        (await new TaskSummaries(instance.Database).SummarizeAsync(null, null, CancellationToken.None))
            .ShouldBe([new TaskSummary("rabbit", "email", TaskState.Completed, 2, 0, 0, null, null)]);
    }

    [Fact]
    public async Task A_span_of_time_takes_its_beginning_and_not_its_end()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            await instance.BegunAsync($"t{i}");
        }
        ledger.Read("""UPDATE "Tasks" SET "CreatedAt" = 1000 * "Row" """);
        var summaries = new TaskSummaries(instance.Database);

        (await summaries.SummarizeAsync(At(2), At(4), CancellationToken.None)).Single().Tasks.ShouldBe(2);
        (await summaries.SummarizeAsync(At(2), null, CancellationToken.None)).Single().Tasks.ShouldBe(3);
        (await summaries.SummarizeAsync(null, At(2), CancellationToken.None)).Single().Tasks.ShouldBe(1);
        (await summaries.SummarizeAsync(At(5), null, CancellationToken.None)).ShouldBeEmpty();

        static DateTimeOffset At(int seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);
    }

    [Fact]
    public async Task Types_beyond_the_bound_are_counted_together()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message($"t{i}", type: $"type-{i}")], CancellationToken.None);
        }

        var sums = await new TaskSummaries(instance.Database) { Window = 1, MaxGroups = 2 }.SummarizeAsync(null, null, CancellationToken.None);

        sums.Select(sum => (sum.Type, sum.Tasks)).ShouldBe([(TaskSummary.OtherTypes, 3), ("type-0", 1), ("type-1", 1)]);
    }

    [Fact]
    public async Task A_ledger_without_tasks_has_no_sums()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();

        (await new TaskSummaries(instance.Database).SummarizeAsync(null, null, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_window_reads_its_own_rows_and_no_others()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await using var context = instance.Database.CreateDbContext();

        var plan = TaskQueriesTests.Plan(ledger, TaskSummaries.Parts(context, 1, 2, 0, 1).ToQueryString());

        plan.ShouldNotContain("SCAN");
        plan.Split('\n').Count(step => step.Contains(">? AND ", StringComparison.Ordinal)).ShouldBe(2, plan);
    }

    [Fact]
    public async Task A_million_tasks_are_summed_without_holding_the_ledger_up()
    {
        LongTests.Require("writes a million tasks");
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        ledger.Read("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
            INSERT INTO "Tasks" ("Id", "Module", "Type", "Status", "RetryCount", "MaxRetries", "Series", "Attempt", "Epoch", "Seq", "CreatedAt", "ChangedAt", "AwaitsPublishing", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed")
            SELECT 't' || i, 'rabbit', 'type-' || (i % 10), 'COMPLETED', 0, 5, 1, 1, 1, 1, i, i, 0, 0, 0, 0, 0 FROM n
            """);
        ledger.Read("""
            INSERT INTO "Attempts" ("TaskRow", "Series", "Attempt", "Epoch", "WorkerId", "StartedAt", "EndedAt", "Outcome")
            SELECT "Row", 1, 1, 1, 'w', "CreatedAt", "CreatedAt" + ("Row" * 7919) % 60000, 'success' FROM "Tasks"
            """);

        var clock = Stopwatch.StartNew();
        var summing = Task.Run(async () => await new TaskSummaries(instance.Database).SummarizeAsync(null, null, CancellationToken.None));
        var (writes, slowest) = (0, TimeSpan.Zero);
        while (!summing.IsCompleted)
        {
            var write = Stopwatch.StartNew();
            await instance.BegunAsync($"meanwhile-{++writes}");
            slowest = write.Elapsed > slowest ? write.Elapsed : slowest;
        }
        var sums = await summing;

        TestContext.Current.TestOutputHelper!.WriteLine($"a million tasks in {clock.Elapsed.TotalSeconds:0.0} s; {writes} writes meanwhile, the slowest {slowest.TotalMilliseconds:0} ms");
        sums.Where(sum => sum.Type.StartsWith("type-", StringComparison.Ordinal)).Select(sum => (sum.Tasks, sum.Attempts)).ShouldBe(Enumerable.Repeat((100_000L, 100_000L), 10));
        writes.ShouldBeGreaterThan(1);
    }
}
