using Consumers.Core;
using Consumers.Ledger;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Ledger;

public sealed class LedgerPausesTests
{
    private static readonly PauseOrder Rabbit = new("rabbit", null, "anna", "the mail server moves");
    private static readonly PauseOrder Email = new("rabbit", "email", "ben", null);

    [Fact]
    public async Task What_one_instance_pauses_it_knows_at_once_and_the_other_a_quarter_of_a_second_later()
    {
        await using var ledger = new TestLedger();
        var (one, other) = (await StartAsync(ledger, "consumer-1"), await StartAsync(ledger, "consumer-2"));

        var change = await one.Pauses.PauseAsync(Rabbit, CancellationToken.None);

        change.ShouldBe(new PauseChange(new Pause("rabbit", null, ledger.Time.GetUtcNow(), "anna", "the mail server moves"), IsNew: true));
        one.Pauses.Current.Find("rabbit").ShouldBe(change.Pause);
        other.Pauses.Current.Find("rabbit").ShouldBeNull();
        ledger.Time.Advance(LedgerPauses.ReadInterval);
        await Eventually.TrueAsync(() => other.Pauses.Current.Find("rabbit") == change.Pause, "the other knows");

        await other.Pauses.ResumeAsync(Rabbit, CancellationToken.None);

        other.Pauses.Current.All.ShouldBeEmpty();
        ledger.Time.Advance(LedgerPauses.ReadInterval);
        await Eventually.TrueAsync(() => one.Pauses.Current.All.Count == 0, "the first knows");
    }

    [Fact]
    public async Task It_is_known_before_an_instance_that_starts_later_takes_anything()
    {
        await using var ledger = new TestLedger();
        var first = await StartAsync(ledger, "consumer-1");
        await first.Pauses.PauseAsync(Email, CancellationToken.None);
        await first.DisposeAsync();

        var second = await ledger.StartAsync("consumer-2");
        await second.Pauses.StartingAsync(CancellationToken.None);

        second.Pauses.Current.Holding("rabbit", "email").ShouldNotBeNull().By.ShouldBe("ben");
        second.Pauses.Current.Holding("rabbit", "report").ShouldBeNull();
    }

    [Fact]
    public async Task Asked_twice_it_is_one_pause_and_both_are_in_the_audit()
    {
        await using var ledger = new TestLedger();
        var instance = await StartAsync(ledger, "consumer-1");

        await instance.Pauses.PauseAsync(Email, CancellationToken.None);
        ledger.Time.Advance(TimeSpan.FromMinutes(1));
        var again = await instance.Pauses.PauseAsync(Email with { By = "carla" }, CancellationToken.None);
        await instance.Pauses.ResumeAsync(Email, CancellationToken.None);
        var resumedAgain = await instance.Pauses.ResumeAsync(Email, CancellationToken.None);

        again.IsNew.ShouldBeFalse();
        again.Pause.ShouldNotBeNull().By.ShouldBe("ben", "the first keeps its author");
        resumedAgain.ShouldBe(new PauseChange(null, IsNew: false));
        ledger.Read("SELECT group_concat(Actor || ' ' || Action || ' ' || Target || ' ' || Count || ' ' || Result, '; ') FROM Audit")
            .ShouldBe("ben pause rabbit/email 1 done; carla pause rabbit/email 0 unchanged; ben resume rabbit/email 1 done; ben resume rabbit/email 0 unchanged");
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_noted_once_and_answered_as_what_it_was()
    {
        await using var ledger = new TestLedger();
        var instance = await StartAsync(ledger, "consumer-1");
        var isLost = false;
        instance.Writer.AfterCommit = () =>
        {
            if (!isLost)
            {
                isLost = true;
                throw new LedgerFault(10, "the answer is lost");
            }
        };

        var change = await instance.Pauses.PauseAsync(Rabbit, CancellationToken.None);

        isLost.ShouldBeTrue();
        change.IsNew.ShouldBeTrue();
        ledger.Read("SELECT COUNT(*) || Result FROM Audit").ShouldBe("1done");
    }

    [Fact]
    public async Task While_the_ledger_cannot_be_read_the_last_known_state_holds()
    {
        await using var ledger = new TestLedger();
        var instance = await StartAsync(ledger, "consumer-1");
        await instance.Pauses.PauseAsync(Rabbit, CancellationToken.None);
        ledger.Read("ALTER TABLE Pauses RENAME TO Elsewhere");

        ledger.Time.Advance(LedgerPauses.ReadInterval);
        ledger.Time.Advance(LedgerPauses.ReadInterval);
        await Task.Run(async () => await instance.BegunAsync("t"));

        instance.Pauses.Current.Find("rabbit").ShouldNotBeNull();
        ledger.Read("ALTER TABLE Elsewhere RENAME TO Pauses");
        ledger.Read("DELETE FROM Pauses");
        await Eventually.TrueAsync(
            () =>
            {
                ledger.Time.Advance(LedgerPauses.ReadInterval);
                return instance.Pauses.Current.All.Count == 0;
            },
            "it is read again");
    }

    private static async Task<TestInstance> StartAsync(TestLedger ledger, string name)
    {
        var instance = await ledger.StartAsync(name);
        await instance.Pauses.StartingAsync(CancellationToken.None);
        await instance.Pauses.StartAsync(CancellationToken.None);
        return instance;
    }
}
