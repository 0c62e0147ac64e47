using Consumers.Core;
using Consumers.Tests.Fixtures;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class LedgerAttemptGuardTests
{
    [Fact]
    public async Task A_settled_attempt_never_begins_again()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var begun = await instance.BegunAsync("t");
        (await instance.SettleAsync(begun, Settlement.Ack.Instance)).ShouldBe(new AttemptEnd(true, 2));

        var again = (await instance.BeginAsync("t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();

        again.Owed.ShouldBe(Settlement.Ack.Instance);
        again.Status.ShouldBe(new StatusEvent("t", "email", "COMPLETED", 1, 1, 2, "consumer-1", ledger.Time.GetUtcNow(), null));
    }

    [Fact]
    public async Task A_retry_and_then_a_dead_letter_are_owed_until_they_are_noted_as_paid()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var first = await instance.BegunAsync("t");
        var retry = instance.RetryIn(first, 1.1);
        await instance.SettleAsync(first, retry);
        (await instance.BeginAsync("t")).ShouldBeOfType<AttemptBegin.AlreadySettled>().Owed.ShouldBe(retry);
        (await instance.BeginAsync("t", retryCount: 1)).ShouldBe(new AttemptBegin.NotDue(retry.DueAt));

        instance.Guard.NotePaid(first.Key);
        await Eventually.TrueAsync(() => ledger.Read("SELECT Owed FROM Tasks") == "0", "the retry is noted as paid");
        (await instance.BeginAsync("t")).ShouldBeOfType<AttemptBegin.AlreadySettled>().Owed.ShouldBe(Settlement.Ack.Instance);

        ledger.Time.Advance(TimeSpan.FromSeconds(1.2));
        var second = await instance.BegunAsync("t", retryCount: 1);
        second.Key.ShouldBe(new AttemptKey("t", 1, 2));
        var dead = new Settlement.DeadLetter(DeadReason.Permanent, "no such address");
        await instance.SettleAsync(second, dead);
        var again = (await instance.BeginAsync("t", retryCount: 1)).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        again.Owed.ShouldBe(dead);
        again.Status!.Status.ShouldBe("FAILED");

        var details = (await instance.Queries.FindAsync("t", CancellationToken.None))!;
        details.Task.DeadReason.ShouldBe("permanent");
        details.Attempts.Select(attempt => (attempt.Attempt, attempt.Outcome, attempt.Error)).ShouldBe([(1, "retryable", "no answer"), (2, "permanent", "no such address")]);
    }

    [Fact]
    public async Task An_attempt_that_runs_is_seen_and_gets_its_row_when_it_ends()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var trace = new string('a', 32);
        var begun = (AttemptBegin.Begun)await instance.Guard.BeginAsync(new AttemptRequest(TestInstance.Message("t"), 1, "rabbit", Solitary: false, trace), CancellationToken.None);
        ledger.Read("SELECT COUNT(*) FROM Attempts").ShouldBe("0");

        var running = (await instance.Queries.FindAsync("t", CancellationToken.None))!.Attempts.ShouldHaveSingleItem();
        running.ShouldBe(new AttemptRow(1, 1, 1, "consumer-1", ledger.Time.GetUtcNow(), null, null, null, null, trace));

        await instance.SettleAsync(begun, Settlement.Ack.Instance);
        (await instance.Queries.FindAsync("t", CancellationToken.None))!.Attempts.ShouldBe([running with { EndedAt = ledger.Time.GetUtcNow(), Outcome = "success" }]);
        ledger.Read("SELECT COUNT(*) FROM Attempts").ShouldBe("1");
    }

    [Fact]
    public async Task An_attempt_that_an_earlier_version_began_keeps_its_one_row()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var begun = await instance.BegunAsync("t");
        ledger.Read("INSERT INTO Attempts (TaskRow, Series, Attempt, Epoch, WorkerId, StartedAt) SELECT Row, 1, 1, 1, 'old', 7 FROM Tasks");
        (await instance.Queries.FindAsync("t", CancellationToken.None))!.Attempts.ShouldHaveSingleItem().WorkerId.ShouldBe("old");

        await instance.SettleAsync(begun, Settlement.Ack.Instance);

        ledger.Read("SELECT WorkerId || StartedAt || Outcome FROM Attempts").ShouldBe("old7success");
    }

    [Fact]
    public async Task A_stale_epoch_changes_nothing()
    {
        await using var ledger = new TestLedger();
        var (frozen, other) = (await ledger.StartAsync("frozen"), await ledger.StartAsync("other"));
        var stale = await frozen.BegunAsync("t");
        await ledger.PassAsync(TimeSpan.FromSeconds(12), other);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
        var taken = await other.BegunAsync("t", solitary: true);
        taken.Epoch.ShouldBeGreaterThan(stale.Epoch);

        (await frozen.SettleAsync(stale, Settlement.Ack.Instance)).Accepted.ShouldBeFalse();
        await frozen.Guard.ReleaseAsync(stale.Key, stale.Epoch, CancellationToken.None);

        ledger.Read("SELECT Status || Epoch FROM Tasks").ShouldBe($"PROCESSING{taken.Epoch}");
        (await other.SettleAsync(taken, Settlement.Ack.Instance)).Accepted.ShouldBeTrue();
        (await frozen.SettleAsync(stale, frozen.RetryIn(stale, 1))).Accepted.ShouldBeFalse();
        ledger.Read("SELECT Status FROM Tasks").ShouldBe("COMPLETED");
    }

    [Fact]
    public async Task A_final_state_takes_no_other_outcome()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var begun = await instance.BegunAsync("t");
        var first = await instance.SettleAsync(begun, Settlement.Ack.Instance);

        (await instance.SettleAsync(begun, instance.RetryIn(begun, 1))).Accepted.ShouldBeFalse();
        (await instance.SettleAsync(begun, Settlement.Ack.Instance)).ShouldBe(first, "the same outcome twice is one outcome");
        ledger.Read("SELECT Status || Seq FROM Tasks").ShouldBe("COMPLETED2");
    }

    [Fact]
    public async Task An_attempt_is_taken_over_when_the_lease_of_its_owner_has_run_out_and_not_before()
    {
        await using var ledger = new TestLedger();
        var (silent, other) = (await ledger.StartAsync("silent"), await ledger.StartAsync("other"));
        await silent.BegunAsync("t");

        await ledger.PassAsync(TimeSpan.FromSeconds(9), other);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
        (await silent.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance, "also to the owner itself");
        await ledger.PassAsync(TimeSpan.FromSeconds(1), other);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
        (await other.BegunAsync("t", solitary: true)).Key.Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task A_process_that_stood_still_judges_no_lease_until_others_could_renew_theirs()
    {
        await using var ledger = new TestLedger();
        var (silent, other) = (await ledger.StartAsync("silent"), await ledger.StartAsync("other"));
        await silent.BegunAsync("t");

        ledger.Time.Advance(TimeSpan.FromMinutes(1));
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
        await ledger.PassAsync(TimeSpan.FromSeconds(9), other);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);
        await ledger.PassAsync(TimeSpan.FromSeconds(1), other);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
    }

    [Fact]
    public async Task What_was_handed_back_costs_no_attempt()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        for (var round = 0; round < 5; round++)
        {
            var begun = await instance.BegunAsync("t");
            begun.Key.Attempt.ShouldBe(1);
            await instance.Guard.ReleaseAsync(begun.Key, begun.Epoch, CancellationToken.None);
            ledger.Read("SELECT Status FROM Tasks").ShouldBe("QUEUED");
        }
        var first = await instance.BegunAsync("t");
        await instance.SettleAsync(first, instance.RetryIn(first, 0));
        var second = await instance.BegunAsync("t", retryCount: 1);
        await instance.Guard.ReleaseAsync(second.Key, second.Epoch, CancellationToken.None);

        (await instance.BeginAsync("t")).ShouldBeOfType<AttemptBegin.AlreadySettled>("the first attempt stays settled");
        (await instance.BegunAsync("t", retryCount: 1)).Key.Attempt.ShouldBe(2);
        ledger.Read("SELECT COUNT(*) FROM Attempts WHERE Outcome = 'handed back'").ShouldBe("6");
    }

    [Fact]
    public async Task What_a_stopped_instance_left_running_begins_again_at_once()
    {
        await using var ledger = new TestLedger();
        var (stopped, other) = (await ledger.StartAsync("stopped"), await ledger.StartAsync("other"));
        var left = await stopped.BegunAsync("t");
        await stopped.Keeper.StoppedAsync(CancellationToken.None);

        var begun = await other.BegunAsync("t");

        begun.Key.ShouldBe(left.Key);
        ledger.Read("SELECT SharedDeaths + SolitaryDeaths FROM Tasks").ShouldBe("0");
    }

    [Fact]
    public async Task A_claim_beyond_the_last_attempt_is_dead_lettered_without_running_and_owed_until_paid()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var expected = new Settlement.DeadLetter(DeadReason.Exhausted, "attempt 8 of at most 6");

        var settled = (await instance.BeginAsync("t", retryCount: 7)).ShouldBeOfType<AttemptBegin.AlreadySettled>();
        settled.Owed.ShouldBe(expected);
        settled.Status!.Status.ShouldBe("FAILED");
        (await instance.BeginAsync("t", retryCount: 7)).ShouldBeOfType<AttemptBegin.AlreadySettled>().Owed.ShouldBe(expected);
        instance.Guard.NotePaid(settled.Key);
        await Eventually.TrueAsync(() => ledger.Read("SELECT Owed FROM Tasks") == "0", "the dead letter is noted as paid");
        ledger.Read("SELECT COUNT(*) FROM Attempts").ShouldBe("0");
    }

    [Fact]
    public async Task Two_processes_that_race_for_the_same_tasks_begin_each_once()
    {
        await using var ledger = new TestLedger();
        var instances = new[] { await ledger.StartAsync("a"), await ledger.StartAsync("b"), await ledger.StartAsync("c") };

        var begins = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => Task.Run(async () => await instances[i % 3].BeginAsync($"t{i / 3}"))));

        begins.OfType<AttemptBegin.Begun>().Count().ShouldBe(200);
        begins.OfType<AttemptBegin.Begun>().Select(begun => begun.Key.TaskId).Distinct().Count().ShouldBe(200);
        begins.OfType<AttemptBegin.RunningElsewhere>().Count().ShouldBe(400);
    }
}
