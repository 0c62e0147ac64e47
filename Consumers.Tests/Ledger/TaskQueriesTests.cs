using Consumers.Core;
using Consumers.Ledger;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class TaskQueriesTests
{
    [Fact]
    public async Task Paging_visits_each_task_once_while_tasks_are_added()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var i = 0; i < 55; i++)
        {
            await instance.BegunAsync($"t{i}");
        }

        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await instance.Queries.ListAsync(new TaskFilter(), after, 10, CancellationToken.None);
            seen.AddRange(page.Items.Select(item => item.Id));
            after = page.Next;
            await instance.BegunAsync($"later-{seen.Count}");
        }
        while (after is not null);

        seen.ShouldBe(Enumerable.Range(0, 55).Reverse().Select(i => $"t{i}"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("r")]
    [InlineData("r-5")]
    [InlineData("rffffffffffffffff")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_cursor_that_is_none_is_the_first_page(string? cursor)
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.BegunAsync("t");

        (await instance.Queries.ListAsync(new TaskFilter(), cursor, 0, CancellationToken.None)).Items.Single().Id.ShouldBe("t");
    }

    [Fact]
    public async Task Every_part_of_a_filter_narrows_the_list()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.SettleAsync(await instance.BegunAsync("done"), Settlement.Ack.Instance);
        await instance.BegunAsync("runs", module: "kafka");
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("waits", type: "report") with { Key = "k" }], CancellationToken.None);

        (await Ids(new TaskFilter(State: TaskState.Completed))).ShouldBe(["done"]);
        (await Ids(new TaskFilter(State: TaskState.Processing))).ShouldBe(["runs"]);
        (await Ids(new TaskFilter(Module: "rabbit"))).ShouldBe(["waits", "done"]);
        (await Ids(new TaskFilter(Module: "scaling"))).ShouldBeEmpty();
        (await Ids(new TaskFilter(Type: "report"))).ShouldBe(["waits"]);
        (await Ids(new TaskFilter(Key: "k"))).ShouldBe(["waits"]);
        (await Ids(new TaskFilter(WorkerId: "consumer-1"))).ShouldBe(["runs", "done"]);
        (await Ids(new TaskFilter(Module: "rabbit", State: TaskState.Processing))).ShouldBeEmpty();
        (await instance.Queries.CountAsync(null, CancellationToken.None))[TaskState.Processing].ShouldBe(1);
        (await instance.Queries.CountAsync("rabbit", CancellationToken.None)).Values.Sum().ShouldBe(2);

        async Task<string[]> Ids(TaskFilter filter) => [.. (await instance.Queries.ListAsync(filter, null, 50, CancellationToken.None)).Items.Select(item => item.Id)];
    }

    [Fact]
    public async Task Large_payloads_are_left_out_of_lists_and_shown_with_the_task()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var large = $"\"{new string('x', 2000)}\"";
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("small", payload: "{\"a\":1}"), TestInstance.Message("large", payload: large)], CancellationToken.None);

        var items = (await instance.Queries.ListAsync(new TaskFilter(), null, 10, CancellationToken.None)).Items;

        items.Select(item => item.Payload.Length).ShouldBe([0, 7]);
        (await instance.Queries.FindAsync("large", CancellationToken.None))!.Task.Payload.Length.ShouldBe(2002);
        (await instance.Queries.FindAsync("none", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Waiting_retries_are_counted_by_tier()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var begins = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => instance.BegunAsync($"t{i}")));
        for (var i = 0; i < 5; i++)
        {
            await instance.SettleAsync(begins[i], instance.RetryIn(begins[i], i < 3 ? 1.1 : 33));
        }

        var waiting = await instance.Queries.WaitingRetriesAsync("rabbit", CancellationToken.None);

        waiting.Count.ShouldBe(5);
        waiting.AtLeast.ShouldBeFalse();
        waiting.NextDueAt.ShouldBe(ledger.Time.GetUtcNow().AddSeconds(1.1));
        waiting.Tiers.Select(tier => (tier.Tier.TotalSeconds, tier.Count)).ShouldBe([(1, 3), (32, 2)]);
        (await instance.Queries.WaitingRetriesAsync("kafka", CancellationToken.None)).Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(null, "FAILED", null, "IX_Tasks_Status_Row")]
    [InlineData("rabbit", null, null, "IX_Tasks_Module_Row")]
    [InlineData(null, null, "email", "IX_Tasks_Type_Row")]
    [InlineData("rabbit", "FAILED", "email", "IX_Tasks_Status_Row")]
    [InlineData("rabbit", "COMPLETED", "email", "IX_Tasks_Type_Row")]
    [InlineData("rabbit", "COMPLETED", null, "IX_Tasks_Module_Row")]
    [InlineData(null, null, null, "SCAN")]
    public async Task Lists_go_by_an_index_and_sort_nothing(string? module, string? state, string? type, string index)
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await using var context = instance.Database.CreateDbContext();
        var filtered = new FilteredTasks(new TaskFilter(module, TaskStateNames.FromWire(state), type));
        var query = filtered.Matching(filtered.Walk(context.Tasks, null)).Take(10);

        var plan = Plan(ledger, query.ToQueryString());

        plan.ShouldContain(index);
        plan.ShouldNotContain("TEMP B-TREE");
    }

    [Fact]
    public async Task A_page_that_would_have_to_look_at_too_many_ends_and_the_next_goes_on()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.BegunAsync("rare");
        ledger.Read("INSERT INTO Tasks (Id, Module, Type, Status, WorkerId, RetryCount, MaxRetries, Series, Attempt, Epoch, Seq, CreatedAt, ChangedAt, AwaitsPublishing, SharedDeaths, SolitaryDeaths, Solitary, Owed) "
            + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) SELECT 't' || i, 'rabbit', 'sleep', 'COMPLETED', 'other', 0, 5, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0 FROM n");

        var pages = new List<int>();
        string? after = null;
        do
        {
            var page = await instance.Queries.ListAsync(new TaskFilter("rabbit", WorkerId: "consumer-1"), after, 10, CancellationToken.None);
            pages.Add(page.Items.Count);
            after = page.Next;
        }
        while (after is not null);

        pages.ShouldBe([0, 0, 1]);
    }

    [Fact]
    public async Task Unpublished_tasks_and_waiting_retries_are_found_by_their_partial_indexes()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await using var context = instance.Database.CreateDbContext();

        Plan(ledger, context.Tasks.Where(task => task.AwaitsPublishing && task.Module == "rabbit" && task.EnqueuedAt <= ledger.Time.GetUtcNow()).OrderBy(task => task.EnqueuedAt).ThenBy(task => task.Row).ToQueryString()).ShouldContain("IX_Tasks_Unpublished");
        var waiting = Plan(ledger, TaskQueries.Waiting(context, "rabbit").Select(task => new { task.DueAt, task.Tier }).ToQueryString());
        waiting.ShouldContain("COVERING INDEX IX_Tasks_Waiting (Module=?");
        waiting.ShouldNotContain("TEMP B-TREE");
    }

    [Fact]
    public async Task A_tally_counts_what_it_says_and_walks_through_no_table()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("a"), TestInstance.Message("b")], CancellationToken.None);
        await instance.Tasks.EnqueueAsync("kafka", [TestInstance.Message("k", module: "kafka")], CancellationToken.None);
        await instance.SettleAsync(await instance.BegunAsync("c"), Settlement.Ack.Instance);
        var retried = await instance.BegunAsync("d");
        await instance.SettleAsync(retried, instance.RetryIn(retried, 5));

        var tally = await instance.Queries.TallyAsync("rabbit", CancellationToken.None);
        (tally.Counts[TaskState.Queued], tally.Counts[TaskState.Completed], tally.Counts[TaskState.Retrying], tally.Unpublished, tally.FallingDue).ShouldBe((2, 1, 1, 2, 0));
        ledger.Time.Advance(TimeSpan.FromSeconds(6));
        (await instance.Queries.TallyAsync("rabbit", CancellationToken.None)).FallingDue.ShouldBe(1, "it is due, and may be on its way");
        (await instance.Queries.TallyAsync("kafka", CancellationToken.None)).FallingDue.ShouldBe(0);
        ledger.Time.Advance(TimeSpan.FromSeconds(10));
        (await instance.Queries.TallyAsync("rabbit", CancellationToken.None)).FallingDue.ShouldBe(0, "by now it must have arrived");

        var plan = Plan(ledger, System.Text.RegularExpressions.Regex.Replace(TaskQueries.TallySql, @"\?\d", "'1'"));
        plan.ShouldContain("IX_Tasks_Unpublished (Module=?)");
        plan.ShouldContain("COVERING INDEX IX_Tasks_Waiting (Module=? AND DueAt>? AND DueAt<?)");
        plan.ShouldNotContain("SCAN Tasks");
        plan.ShouldNotContain("IX_Tasks_Module_Row");
    }

    internal static string Plan(TestLedger ledger, string query)
    {
        using var connection = ledger.OpenForeign();
        // ToQueryString declares the parameters as ".param set @name value".
        using var command = connection.CreateCommand();
        foreach (var line in query.Split('\n').Where(line => line.StartsWith(".param set ", StringComparison.Ordinal)))
        {
            var parts = line.Split(' ', 4);
            command.Parameters.AddWithValue(parts[2], parts[3].Trim('\''));
        }
        command.CommandText = "EXPLAIN QUERY PLAN " + string.Join('\n', query.Split('\n').Where(line => !line.StartsWith(".param", StringComparison.Ordinal)));
        using var reader = command.ExecuteReader();
        var steps = new List<string>();
        while (reader.Read())
        {
            steps.Add(reader.GetString(3));
        }
        return string.Join('\n', steps);
    }
}
