using System.Diagnostics;
using Consumers.Core;
using Consumers.Ledger;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.DeadLetters;

/// <summary>Lists and filters, and what they cost where there are many.</summary>
public sealed class DeadLetterPageTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<DeadLetterFilter> Filters =>
    [
        new DeadLetterFilter(),
        new DeadLetterFilter(State: DeadLetterState.Dead),
        new DeadLetterFilter(State: DeadLetterState.Discarded),
        new DeadLetterFilter(Module: "kafka"),
        new DeadLetterFilter(Type: "type-3"),
        new DeadLetterFilter(Type: "type-3", State: DeadLetterState.Dead),
        new DeadLetterFilter(Module: "kafka", Type: "type-4", State: DeadLetterState.Dead),
        new DeadLetterFilter(Reason: "crashed"),
        new DeadLetterFilter(Reason: "crashed", Type: "type-1", Module: "rabbit"),
        new DeadLetterFilter(Cause: "cause-7", State: DeadLetterState.Dead),
        new DeadLetterFilter(Cause: "cause-7", Text: "NUMBER 1"),
        new DeadLetterFilter(Text: "number 77"),
        new DeadLetterFilter(From: Start.AddHours(1), To: Start.AddHours(2)),
        new DeadLetterFilter(Text: "no such text", State: DeadLetterState.Dead),
    ];

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Pages_have_each_entry_that_matches_once_and_newest_first(DeadLetterFilter filter)
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        Fill(ledger, 3000);

        var all = await instance.Archive.AllAsync(filter, page: 37);

        all.Select(entry => entry.Seq).ShouldBe(all.Select(entry => entry.Seq).OrderDescending());
        all.Select(entry => entry.Seq).ShouldBeUnique();
        ledger.Read($"SELECT COUNT(*) FROM DeadLetters d WHERE {Where(filter)}").ShouldBe($"{all.Count}");
    }

    [Theory]
    [MemberData(nameof(Filters))]
    [MemberData(nameof(EachMember))]
    public async Task An_operation_takes_up_what_the_list_shows_as_dead(DeadLetterFilter filter)
    {
        await using var fleet = await OperationFleet.StartAsync(_ => { });
        Fill(sql => fleet.Read(sql), 2000);
        fleet.Read("INSERT INTO Sequences (Name, Last) VALUES ('dead-letters', 2000)");
        var archive = fleet.Fleet.Services.GetRequiredService<IDeadLetterArchive>();

        var listed = (await archive.AllAsync(filter)).Where(letter => letter.State == DeadLetterState.Dead).ToList();
        var preview = await fleet.Operations.PreviewAsync(new OperationChoice(OperationKind.Discard, filter, null), TestContext.Current.CancellationToken);

        preview.Count.ShouldBe(listed.Count);
        if (preview.Count > 0)
        {
            var operation = await fleet.StartAsync(new OperationChoice(OperationKind.Discard, filter, null));
            fleet.Read("SELECT GROUP_CONCAT(d.Id) FROM (SELECT d.Id FROM OperationItems i JOIN DeadLetters d ON d.Row = i.DeadLetterRow ORDER BY d.Seq DESC) d").ShouldBe(string.Join(',', listed.Select(letter => letter.Id)));
            operation.Total.ShouldBe(listed.Count);
        }
    }

    /// <summary>Every member by itself, with a value that some entries have and others have not, and with one that is a pattern in SQL.</summary>
    public static TheoryData<DeadLetterFilter> EachMember
    {
        get
        {
            DeadLetterFilter[] filters =
            [
                new(Module: "rabbit"), new(Type: "type-3"), new(Reason: "crashed"), new(Cause: "cause-7"), new(Cause: "no such cause"), new(State: DeadLetterState.Replayed), new(From: Start.AddHours(3)), new(To: Start.AddHours(3)),
                new(Text: "t77"), new(Text: "100%"), new(Text: "_"), new(Text: "\\"), new(Text: "'"), new(Text: ""), new(Text: "{0}"),
            ];
            typeof(DeadLetterFilter).GetProperties().Where(member => member.Name != "EqualityContract").ShouldAllBe(member => filters.Any(filter => member.GetValue(filter) != null), "a new member needs a line here");
            return [.. filters];
        }
    }

    [Fact]
    public async Task A_text_that_is_rare_ends_the_page_and_not_the_search()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        Fill(ledger, DeadLetterQueries.MaxLooked * 2 + 500);
        var filter = new DeadLetterFilter(Text: "number 17 ");

        var first = await instance.Archive.ListAsync(filter, null, 50, CancellationToken.None);

        first.Items.ShouldBeEmpty();
        first.Next.ShouldNotBeNull();
        (await instance.Archive.AllAsync(filter)).ShouldHaveSingleItem().TaskId.ShouldBe("t17");
        (await instance.Archive.AllAsync(filter with { Module = "kafka" })).ShouldHaveSingleItem().TaskId.ShouldBe("t17");
    }

    /// <summary>With CONSUMERS_LONG_TESTS=1 on 200,000 entries, else on 20,000.</summary>
    [Fact]
    public async Task Every_filter_walks_an_index_in_the_order_of_the_page_and_sorts_nothing()
    {
        var count = LongTests.AreOn ? 200_000 : 20_000;
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        Fill(ledger, count);
        using var connection = ledger.OpenForeign();
        foreach (var filter in Filters.Select(row => row.Data))
        {
            var filtered = new FilteredLetters(filter, filter.Cause is null ? null : 7);
            await using var context = instance.Database.CreateDbContext();
            foreach (var state in filtered.Walks)
            {
                var sql = filtered.Walk(filtered.Matching(context), state, long.MaxValue).Take(51).ToQueryString();
                var plan = Plan(connection, sql);
                plan.ShouldContain("USING INDEX", customMessage: sql);
                plan.ShouldNotContain("TEMP B-TREE", customMessage: $"{sql}\n{plan}");
            }
            var took = await BestOfAsync(() => instance.Archive.ListAsync(filter, null, 50, CancellationToken.None));
            TestContext.Current.TestOutputHelper?.WriteLine($"{count} entries, {filter}: {took.TotalMilliseconds:0.0} ms");
            // A few milliseconds on a quiet machine; a walk through all of them would be seconds on the long run.
            took.ShouldBeLessThan(TimeSpan.FromMilliseconds(500));
        }
        var causes = await BestOfAsync(() => instance.Archive.CausesAsync(new DeadLetterFilter(), 200, CancellationToken.None));
        TestContext.Current.TestOutputHelper?.WriteLine($"causes: {causes.TotalMilliseconds:0.0} ms; counts: {(await BestOfAsync(() => instance.Archive.CountAsync(null, CancellationToken.None))).TotalMilliseconds:0.0} ms");
    }

    private static async Task<TimeSpan> BestOfAsync<T>(Func<ValueTask<T>> read)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await read();
            var took = Stopwatch.GetElapsedTime(since);
            best = took < best ? took : best;
        }
        return best;
    }

    private static string Plan(SqliteConnection connection, string sql)
    {
        // EF writes the parameters as comments before the statement.
        var parameters = sql.Split('\n').Where(line => line.StartsWith(".param set ", StringComparison.Ordinal)).Select(line => line[".param set ".Length..].Trim().Split(' ', 2)).ToArray();
        using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + string.Join('\n', sql.Split('\n').Where(line => !line.StartsWith(".param", StringComparison.Ordinal)));
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter[0], parameter[1].Trim('\''));
        }
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(reader.GetString(3));
        }
        return string.Join('\n', lines);
    }

    private static string Where(DeadLetterFilter filter) => string.Join(
        " AND ",
        ((string?[])
        [
            "1",
            filter.State is { } state ? $"State = '{state.ToWire()}'" : null,
            filter.Module is { } module ? $"Module = '{module}'" : null,
            filter.Type is { } type ? $"Type = '{type}'" : null,
            filter.Reason is { } reason ? $"Reason = '{reason}'" : null,
            filter.Cause is { } cause ? $"Cause = {cause["cause-".Length..]}" : null,
            filter.From is { } from ? $"DeadAt >= {from.ToUnixTimeMilliseconds()}" : null,
            filter.To is { } to ? $"DeadAt < {to.ToUnixTimeMilliseconds()}" : null,
            filter.Text is { } text ? $"(Error LIKE '%{text}%' OR TaskId LIKE '%{text}%' OR Key LIKE '%{text}%')" : null,
        ]).OfType<string>());

    /// <summary>Straight into the tables: the writer's own way is tested elsewhere.</summary>
    private static void Fill(TestLedger ledger, int count) => Fill(ledger.Read, count);

    private static void Fill(Func<string, object?> execute, int count)
    {
        execute("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
            INSERT INTO DeadLetterCauses ("Row", "Id", "Module", "Type", "Reason", "Error", "Dead", "Replayed", "Discarded", "FirstAt", "LastAt")
            SELECT i, 'cause-' || i, 'rabbit', 'type-1', 'exhausted', 'error ' || i, 1, 1, 1, 0, 0 FROM n
            """);
        execute($"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            INSERT INTO DeadLetters ("Id", "Seq", "Module", "Source", "Identity", "TaskId", "Type", "Content", "Series", "Reason", "Cause", "Error", "Attempts", "Times", "DeadAt", "ArchivedAt", "ChangedAt", "BodyBytes", "State")
            SELECT 'id-' || i, i, CASE WHEN i % 10 IN (7, 4) THEN 'kafka' ELSE 'rabbit' END, 'q', 'identity-' || i, 't' || i, 'type-' || (i % 10), '', 1, CASE WHEN i % 100 = 1 THEN 'crashed' ELSE 'exhausted' END,
                1 + i % 20, 'SmtpException: number ' || i || ' is unavailable, and this text is as long as such texts are' || hex(zeroblob(60)), 6, 1,
                {Start.ToUnixTimeMilliseconds()} + i * 10000, 0, 0, 100, CASE i % 5 WHEN 0 THEN 'discarded' WHEN 1 THEN 'replayed' ELSE 'dead' END FROM n
            """);
    }
}
