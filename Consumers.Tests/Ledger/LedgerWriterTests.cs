using Consumers.Core;
using Consumers.Tests.Fixtures;
using Consumers.Ledger;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class LedgerWriterTests
{
    [Fact]
    public async Task While_another_process_locks_the_ledger_everything_waits_and_nothing_fails()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync("consumer-1", TimeProvider.System);
        var begun = await instance.BegunAsync("before");
        using var foreign = ledger.OpenForeign();
        TestLedger.Run(foreign, "BEGIN IMMEDIATE");

        var settle = instance.SettleAsync(begun, Settlement.Ack.Instance).AsTask();
        var begins = Enumerable.Range(0, 20).Select(i => instance.BeginAsync($"t{i}").AsTask()).ToList();
        await Eventually.TrueAsync(() => instance.Health.State.Health == DependencyHealth.Down, "the ledger is shown as down");
        instance.Health.State.Description.ShouldContain("locked by another process");
        settle.IsCompleted.ShouldBeFalse();
        begins.ShouldAllBe(begin => !begin.IsCompleted);

        TestLedger.Run(foreign, "COMMIT");
        (await settle).Accepted.ShouldBeTrue();
        (await Task.WhenAll(begins)).ShouldAllBe(begin => begin is AttemptBegin.Begun);
        await Eventually.TrueAsync(() => instance.Health.State.Health == DependencyHealth.Up, "the ledger is shown as up");
    }

    [Fact]
    public async Task A_full_disk_loses_nothing()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync("consumer-1", TimeProvider.System);
        var pages = await instance.OnWriterAsync("PRAGMA page_count");
        await instance.OnWriterAsync($"PRAGMA max_page_count={pages}");

        var begins = Enumerable.Range(0, 500).Select(i => instance.BeginAsync($"t{i}").AsTask()).ToList();
        await Eventually.TrueAsync(() => instance.Health.State.Health == DependencyHealth.Down, "the ledger is shown as down");
        instance.Health.State.Description.ShouldContain("disk is full");
        begins.Count(begin => begin.IsCompleted).ShouldBeLessThan(500);
        begins.ShouldAllBe(begin => !begin.IsFaulted);

        await instance.OnWriterAsync("PRAGMA max_page_count=1000000000");
        (await Task.WhenAll(begins)).ShouldAllBe(begin => begin is AttemptBegin.Begun);
        ledger.Read("SELECT COUNT(*) FROM Tasks").ShouldBe("500");
        ledger.Read("SELECT Count FROM Counters WHERE Status = 'PROCESSING'").ShouldBe("500");
    }

    [Fact]
    public async Task A_ledger_that_becomes_read_only_is_opened_anew_until_it_can_be_written()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync("consumer-1", TimeProvider.System);
        await instance.OnWriterAsync("PRAGMA query_only=1");

        (await instance.BeginAsync("t")).ShouldBeOfType<AttemptBegin.Begun>();
        (await instance.OnWriterAsync("PRAGMA query_only")).ShouldBe("0", "a new connection has its pragmas again");
    }

    [Fact]
    public async Task A_caller_may_leave_while_the_ledger_is_away()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync("consumer-1", TimeProvider.System);
        using var foreign = ledger.OpenForeign();
        TestLedger.Run(foreign, "BEGIN IMMEDIATE");
        using var leaves = new CancellationTokenSource();
        var stays = instance.BeginAsync("stays").AsTask();
        var left = instance.Guard.BeginAsync(new AttemptRequest(TestInstance.Message("left"), 1, "rabbit", false), leaves.Token).AsTask();
        await Eventually.TrueAsync(() => instance.Health.State.Health == DependencyHealth.Down, "the ledger is shown as down");

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => left);
        TestLedger.Run(foreign, "COMMIT");

        (await stays).ShouldBeOfType<AttemptBegin.Begun>();
        ledger.Read("SELECT group_concat(Id) FROM Tasks").ShouldBe("stays");
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_decided_by_reading_again()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        LoseTheNextAnswer();
        var begun = await instance.BegunAsync("t");
        ledger.Read("SELECT Epoch || ',' || Seq || ',' || (SELECT COUNT(*) FROM Attempts) FROM Tasks").ShouldBe("1,1,0");

        LoseTheNextAnswer();
        (await instance.SettleAsync(begun, Settlement.Ack.Instance)).ShouldBe(new AttemptEnd(true, 2));
        LoseTheNextAnswer();
        (await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("u")], CancellationToken.None)).Count.ShouldBe(1);
        ledger.Read("SELECT group_concat(Status || Count) FROM (SELECT * FROM Counters WHERE Count <> 0 ORDER BY Status)").ShouldBe("COMPLETED1,QUEUED1");

        void LoseTheNextAnswer() => instance.Writer.AfterCommit = () =>
        {
            instance.Writer.AfterCommit = null;
            throw new LedgerFault(SQLitePCL.raw.SQLITE_IOERR, "the answer is lost");
        };
    }

    [Fact]
    public async Task A_write_that_is_wrong_fails_alone()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        using var foreign = ledger.OpenForeign();
        TestLedger.Run(foreign, "BEGIN IMMEDIATE");
        var good = Enumerable.Range(0, 5).Select(i => instance.BeginAsync($"t{i}").AsTask()).ToList();
        var wrong = instance.Writer.RunAsync(transaction => transaction.Prepare("INSERT INTO Counters VALUES (NULL, NULL, NULL)").Run(), false, CancellationToken.None);
        var alsoGood = instance.BeginAsync("last").AsTask();
        TestLedger.Run(foreign, "COMMIT");

        await Should.ThrowAsync<LedgerFault>(() => wrong);
        (await Task.WhenAll(good)).ShouldAllBe(begin => begin is AttemptBegin.Begun);
        (await alsoGood).ShouldBeOfType<AttemptBegin.Begun>();
    }

    [Fact]
    public async Task Outcomes_and_enqueues_reach_the_disk_with_their_commit()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();

        var begun = await instance.BegunAsync("t");
        (await instance.OnWriterAsync("PRAGMA synchronous")).ShouldBe("1");
        await instance.SettleAsync(begun, Settlement.Ack.Instance);
        (await instance.OnWriterAsync("PRAGMA synchronous")).ShouldBe("2");
        await instance.BegunAsync("u");
        (await instance.OnWriterAsync("PRAGMA synchronous")).ShouldBe("1");
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("v")], CancellationToken.None);
        (await instance.OnWriterAsync("PRAGMA synchronous")).ShouldBe("2");
        (await instance.OnWriterAsync("PRAGMA wal_autocheckpoint")).ShouldBe("0");
        (await instance.OnWriterAsync("PRAGMA journal_mode")).ShouldBe("wal");
        (await instance.OnWriterAsync("PRAGMA foreign_keys")).ShouldBe("1");
    }

    [Fact]
    public async Task What_is_queued_when_the_process_stops_is_written()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var begins = Enumerable.Range(0, 2000).Select(i => instance.BeginAsync($"t{i}").AsTask()).ToList();

        instance.Writer.Dispose();

        (await Task.WhenAll(begins)).ShouldAllBe(begin => begin is AttemptBegin.Begun);
        await Should.ThrowAsync<OperationCanceledException>(async () => await instance.BeginAsync("late"));
    }

    [Fact]
    public async Task A_ledger_that_is_away_does_not_hold_up_the_stop()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync("consumer-1", TimeProvider.System);
        using var foreign = ledger.OpenForeign();
        TestLedger.Run(foreign, "BEGIN IMMEDIATE");
        var begin = instance.BeginAsync("t").AsTask();
        await Eventually.TrueAsync(() => instance.Health.State.Health == DependencyHealth.Down, "the ledger is shown as down");

        await Task.Run(instance.Writer.Dispose);

        await Should.ThrowAsync<OperationCanceledException>(() => begin);
        TestLedger.Run(foreign, "COMMIT");
    }
}
