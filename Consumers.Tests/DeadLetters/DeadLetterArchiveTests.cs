using System.Security.Cryptography;
using System.Text;
using Consumers.Core;
using Consumers.Ledger;
using Consumers.Tests.Ledger;

namespace Consumers.Tests.DeadLetters;

public sealed class DeadLetterArchiveTests
{
    [Fact]
    public async Task What_is_archived_twice_is_one_entry()
    {
        await using var ledger = new TestLedger();
        var archive = (await ledger.StartAsync()).Archive;

        await archive.AddAsync(Letters.Task("t1"), Letters.Raw("{", "a"), Letters.Raw("{", "b"), Letters.Task("t1"));
        await archive.AddAsync(Letters.Raw("{", "a"), Letters.Task("t1"));

        var all = await archive.AllAsync();
        all.Select(entry => (entry.TaskId, entry.Times)).ShouldBe([(null, 1), (null, 1), ("t1", 1)]);
        (await archive.CountAsync("rabbit", CancellationToken.None))[DeadLetterState.Dead].ShouldBe(3);
        (await archive.FindByTaskAsync("kafka", "t1", CancellationToken.None)).ShouldBeNull();
        var task = (await archive.FindByTaskAsync("rabbit", "t1", CancellationToken.None))!;
        var details = (await archive.FindAsync(task.Id, CancellationToken.None))!;
        Encoding.UTF8.GetString(details.Body.Span).ShouldBe("""{"id":"t1","type":"email","payload":{}}""");
        details.Headers.ShouldContain(new KeyValuePair<string, string>(TaskHeaders.DeadReason, "exhausted"));
        (await archive.FindAsync("no such entry", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_task_that_fails_again_is_the_same_entry_and_the_counters_follow()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var archive = instance.Archive;
        await archive.AddAsync(Letters.Task("t1"), Letters.Task("t2"));
        var before = (await archive.FindByTaskAsync("rabbit", "t1", CancellationToken.None))!;
        (await MoveAsync(instance, "t1", DeadLetterState.Dead, DeadLetterState.Replayed)).ShouldBeTrue();
        (await MoveAsync(instance, "t1", DeadLetterState.Dead, DeadLetterState.Discarded)).ShouldBeFalse("it is not dead any more");
        (await archive.FindByTaskAsync("rabbit", "t1", CancellationToken.None))!.Operation.ShouldBe("op-1");

        await archive.AddAsync(Letters.Task("t1", series: 2, error: "IOException: disk full"));
        // The first one once more, as when its acknowledgement was lost.
        await archive.AddAsync(Letters.Task("t1"));

        var again = (await archive.FindByTaskAsync("rabbit", "t1", CancellationToken.None))!;
        (again.Id, again.Times, again.Series, again.State, again.Error).ShouldBe((before.Id, 2, 2, DeadLetterState.Dead, "IOException: disk full"));
        again.Seq.ShouldBeGreaterThan((await archive.FindByTaskAsync("rabbit", "t2", CancellationToken.None))!.Seq, "it came last");
        again.Cause.ShouldNotBe(before.Cause);
        (await archive.CountAsync(null, CancellationToken.None)).ShouldBe(new Dictionary<DeadLetterState, long> { [DeadLetterState.Dead] = 2, [DeadLetterState.Replayed] = 0, [DeadLetterState.Discarded] = 0 }, ignoreOrder: true);
        var causes = await archive.CausesAsync(new DeadLetterFilter(), 200, CancellationToken.None);
        causes.Select(cause => (cause.Error, cause.Dead, cause.Replayed)).ShouldBe([("SmtpException: mailbox unavailable", 1, 0), ("IOException: disk full", 1, 0)], ignoreOrder: true);
        causes.ShouldAllBe(cause => cause.Recent.Count == 24);
        causes.Single(cause => cause.Error.StartsWith("Smtp", StringComparison.Ordinal)).Recent[^1].ShouldBe(2, "two came within this hour");
        CountersAreRight(ledger);
    }

    [Fact]
    public async Task A_forged_id_neither_overwrites_nor_swallows_the_entry_of_another()
    {
        await using var ledger = new TestLedger();
        var archive = (await ledger.StartAsync()).Archive;
        await archive.AddAsync(Letters.Task("victim", payload: "1"));
        var victim = (await archive.FindByTaskAsync("rabbit", "victim", CancellationToken.None))!;

        // Other content under its id, in its own series and in one far ahead; and a body that is no task under a stolen mark.
        await archive.AddAsync(Letters.Task("victim", payload: "666"), Letters.Task("victim", payload: "667", series: 1_000_000), Letters.Raw("no task", "mark:victim:1"));

        (await archive.FindByTaskAsync("rabbit", "victim", CancellationToken.None)).ShouldBe(victim);
        (await archive.AllAsync()).Count.ShouldBe(4);
        // The forged one came first: the right one is there as well.
        await archive.AddAsync(Letters.Task("later", payload: "666", series: 1_000_000));
        await archive.AddAsync(Letters.Task("later", payload: "1"));
        await archive.AddAsync(Letters.Task("later", payload: "1"));
        (await archive.AllAsync()).Count.ShouldBe(6);
        await archive.AddAsync(Letters.Task("victim", payload: "1", series: 2));
        (await archive.FindByTaskAsync("rabbit", "victim", CancellationToken.None))!.Times.ShouldBe(2);
        CountersAreRight(ledger);
    }

    [Fact]
    public async Task Of_a_body_over_the_cap_the_head_is_kept_and_the_hash_of_the_whole()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        instance.Shared.DeadLetters.MaxKeptBytes = 2048;
        var body = new byte[100_000];
        new Random(1).NextBytes(body);

        await instance.Archive.AddAsync(new DeadLetter("rabbit", "q", "large", body, null, null, []), new DeadLetter("rabbit", "q", "small", body.AsMemory(0, 2048), null, null, []));

        var all = await instance.Archive.AllAsync();
        var large = (await instance.Archive.FindAsync(all[1].Id, CancellationToken.None))!;
        (large.Row.BodyBytes, large.Body.Length, large.Sha256).ShouldBe((100_000, 2048, Convert.ToHexStringLower(SHA256.HashData(body))));
        large.Body.ToArray().ShouldBe(body[..2048]);
        var small = (await instance.Archive.FindAsync(all[0].Id, CancellationToken.None))!;
        (small.Row.BodyBytes, small.Body.Length, small.Sha256).ShouldBe((2048, 2048, null));
    }

    [Fact]
    public async Task The_number_of_causes_is_bounded()
    {
        await using var ledger = new TestLedger();
        var archive = (await ledger.StartAsync()).Archive;

        await archive.AddAsync([.. Enumerable.Range(0, CauseRows.MaxCauses + 50).Select(i => Letters.Task($"t{i}", type: $"type-{i}"))]);
        await archive.AddAsync(Letters.Task("k", module: "kafka"));

        ledger.Read("SELECT COUNT(*) FROM DeadLetterCauses WHERE Module = 'rabbit'").ShouldBe($"{CauseRows.MaxCauses + 1}");
        var other = (await archive.CausesAsync(new DeadLetterFilter(Module: "rabbit"), 1, CancellationToken.None)).ShouldHaveSingleItem();
        (other.Error, other.Dead, other.Type).ShouldBe(("(other)", 50, null));
        (await archive.AllAsync(new DeadLetterFilter(Cause: other.Id))).Count.ShouldBe(50);
        (await archive.CausesAsync(new DeadLetterFilter(Module: "kafka"), 5, CancellationToken.None)).Count.ShouldBe(1);
        CountersAreRight(ledger);
    }

    [Fact]
    public async Task Hostile_letters_are_kept_and_harm_nobody()
    {
        await using var ledger = new TestLedger();
        var archive = (await ledger.StartAsync()).Archive;
        string[] texts = ["\0", "\ud800", "'; DROP TABLE DeadLetters; --", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", new('x', 100_000), "\u202e\u0007", "%_\\"];
        var letters = texts.Select((text, i) => new DeadLetter(
            "rabbit", text, $"i{i}{text}", Encoding.UTF8.GetBytes(text), text, text,
            [.. TaskHeadersOf(text), new(text, text)])).ToArray();

        await archive.AddAsync(letters);
        await archive.AddAsync(letters);

        var all = await archive.AllAsync();
        all.Count.ShouldBe(texts.Length);
        foreach (var entry in all)
        {
            (await archive.FindAsync(entry.Id, CancellationToken.None)).ShouldNotBeNull().Headers.Count.ShouldBeGreaterThan(3);
        }
        foreach (var text in texts)
        {
            await archive.AllAsync(new DeadLetterFilter(Text: text, Type: text, Reason: text, Module: text, Cause: text));
        }
        CountersAreRight(ledger);
    }

    [Fact]
    public async Task Settled_entries_go_after_the_retention_and_dead_ones_stay_unless_told_otherwise()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.Archive.AddAsync([.. Enumerable.Range(0, 30).Select(i => Letters.Task($"t{i}", error: i < 10 ? "A" : "B"))]);
        for (var i = 0; i < 20; i++)
        {
            await MoveAsync(instance, $"t{i}", DeadLetterState.Dead, i % 2 == 0 ? DeadLetterState.Replayed : DeadLetterState.Discarded);
        }
        ledger.Time.Advance(ledger.Options.Retention + TimeSpan.FromSeconds(1));
        await instance.Archive.AddAsync(Letters.Task("new"));
        await MoveAsync(instance, "new", DeadLetterState.Dead, DeadLetterState.Discarded);
        using var sweep = new DeadLetterSweep(
            instance.Database, instance.Writer, Microsoft.Extensions.Options.Options.Create(instance.Shared), new Shifted(ledger.Time), Microsoft.Extensions.Logging.Abstractions.NullLogger<DeadLetterSweep>.Instance);

        (await sweep.SweepAsync(CancellationToken.None)).ShouldBe(20);

        (await instance.Archive.AllAsync()).Count.ShouldBe(11);
        ledger.Read("SELECT COUNT(*) FROM DeadLetterBodies").ShouldBe("11");
        (await instance.Archive.CausesAsync(new DeadLetterFilter(), 10, CancellationToken.None)).Select(cause => cause.Error).ShouldBe(["B", "SmtpException: mailbox unavailable"]);
        CountersAreRight(ledger);
        instance.Shared.DeadLetters.DeadRetention = TimeSpan.FromDays(1);
        (await sweep.SweepAsync(CancellationToken.None)).ShouldBe(10);
        CountersAreRight(ledger);
        var last = long.Parse(ledger.Read("SELECT MAX(Seq) FROM DeadLetters")!, System.Globalization.CultureInfo.InvariantCulture);
        await instance.Archive.AddAsync(Letters.Task("newest"));
        (await instance.Archive.FindByTaskAsync("rabbit", "newest", CancellationToken.None))!.Seq.ShouldBe(last + 1);
    }

    [Theory]
    [InlineData("waiting", 10)]
    [InlineData("claimed", 10)]
    [InlineData("published", 0)]
    public async Task What_an_operation_has_in_hand_stays_however_old_it_is(string state, int left)
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.Archive.AddAsync([.. Enumerable.Range(0, 30).Select(i => Letters.Task($"t{i}"))]);
        for (var i = 0; i < 30; i++)
        {
            await MoveAsync(instance, $"t{i}", DeadLetterState.Dead, DeadLetterState.Replayed);
        }
        ledger.Read($"""PRAGMA foreign_keys = OFF; INSERT INTO "OperationItems" ("Operation", "Position", "DeadLetterRow", "State", "Awaited") SELECT 1, "Row", "Row", '{state}', 0 FROM "DeadLetters" WHERE "TaskId" GLOB 't?' """);
        ledger.Time.Advance(ledger.Options.Retention + TimeSpan.FromSeconds(1));
        using var sweep = new DeadLetterSweep(
            instance.Database, instance.Writer, Microsoft.Extensions.Options.Options.Create(instance.Shared), new Shifted(ledger.Time), Microsoft.Extensions.Logging.Abstractions.NullLogger<DeadLetterSweep>.Instance);

        (await sweep.SweepAsync(CancellationToken.None)).ShouldBe(30 - left);

        (await instance.Archive.AllAsync()).Select(letter => letter.TaskId).ShouldBe(Enumerable.Range(0, left).Select(i => $"t{i}").Reverse());
        CountersAreRight(ledger);
    }

    [Fact]
    public async Task The_audit_is_read_newest_first()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await instance.Pauses.PauseAsync(new PauseOrder("rabbit", $"type-{i}", "anna", "because"), CancellationToken.None);
        }
        await instance.Pauses.ResumeAsync(new PauseOrder("rabbit", "type-0", "otto", null), CancellationToken.None);

        var first = await instance.Audit.ListAsync(null, null, 2, CancellationToken.None);
        first.Select(entry => (entry.Action, entry.Target, entry.By, entry.Result)).ShouldBe([("resume", "rabbit/type-0", "otto", "done"), ("pause", "rabbit/type-4", "anna", "done")]);
        (await instance.Audit.ListAsync(null, first[^1].Row, 200, CancellationToken.None)).Count.ShouldBe(4);
        (await instance.Audit.ListAsync("resume", null, 200, CancellationToken.None)).ShouldHaveSingleItem().Detail.ShouldBeNull();
    }

    private static KeyValuePair<string, string>[] TaskHeadersOf(string text) =>
        [new(TaskHeaders.DeadReason, text), new(TaskHeaders.LastError, text), new(TaskHeaders.Series, text), new(TaskHeaders.Origin, text), new(TaskHeaders.ConsumerId, text), new(TaskHeaders.ErrorPlace, text)];

    private static async Task<bool> MoveAsync(TestInstance instance, string taskId, DeadLetterState from, DeadLetterState to) => await instance.Writer.RunAsync(
        transaction =>
        {
            var find = transaction.Prepare("""SELECT "Row" FROM "DeadLetters" WHERE "TaskId" = ?1""").Set(1, taskId);
            find.Step();
            var row = find.Long(0);
            find.Reset();
            return DeadLetterRows.Move(transaction, row, from, to, "op-1");
        },
        isOutcome: true,
        CancellationToken.None);

    /// <summary>Its clock is the test's, its timers are nobody's: the pauses of a sweep would otherwise wait for the test.</summary>
    private sealed class Shifted(TimeProvider now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.GetUtcNow();
    }

    /// <summary>What is maintained is what a count over all rows would say.</summary>
    private static void CountersAreRight(TestLedger ledger)
    {
        ledger.Read("SELECT group_concat(Module || State || Count) FROM (SELECT * FROM DeadLetterCounters WHERE Count <> 0 ORDER BY 1, 2)")
            .ShouldBe(ledger.Read("SELECT group_concat(Module || State || N) FROM (SELECT Module, State, COUNT(*) AS N FROM DeadLetters GROUP BY 1, 2 ORDER BY 1, 2)"));
        ledger.Read("""
            SELECT COUNT(*) FROM DeadLetterCauses c WHERE Dead <> (SELECT COUNT(*) FROM DeadLetters d WHERE d.Cause = c.Row AND State = 'dead')
                OR Replayed <> (SELECT COUNT(*) FROM DeadLetters d WHERE d.Cause = c.Row AND State = 'replayed') OR Discarded <> (SELECT COUNT(*) FROM DeadLetters d WHERE d.Cause = c.Row AND State = 'discarded')
            """).ShouldBe("0");
    }
}
