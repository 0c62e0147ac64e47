using Consumers.Core;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Core;

public sealed class BeginDecisionTests
{
    private const long Now = 1_000_000;

    [Fact]
    public void A_task_that_the_guard_does_not_know_begins() =>
        Decide(Claim(attempt: 1), null).ShouldBe(new BeginVerdict.Begin(1, 1, default));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-5, 1)]
    [InlineData(7, 7)]
    [InlineData(int.MaxValue, 1_000_000)]
    public void A_new_row_takes_the_claimed_series_within_bounds(int claimed, int series) =>
        Decide(Claim(series: claimed), null).ShouldBe(new BeginVerdict.Begin(series, 1, default));

    [Fact]
    public void A_new_row_beyond_its_attempts_fails_without_running() =>
        Decide(Claim(attempt: 8), null).ShouldBe(new BeginVerdict.Fail(1, 8, DeadReason.Exhausted, "attempt 8 of at most 6"));

    [Fact]
    public void What_is_left_of_an_older_series_is_acknowledged() =>
        Decide(Claim(series: 1), Row(TaskState.Queued) with { Series = 2 }).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, false));

    [Fact]
    public void A_header_does_not_raise_the_series() =>
        Decide(Claim(series: 9), Row(TaskState.Queued)).ShouldBe(new BeginVerdict.Begin(1, 1, default));

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void A_completed_task_is_acknowledged_and_announced_again_to_its_own_delivery(int attempt, bool announces) =>
        Decide(Claim(attempt: attempt), Row(TaskState.Completed, attempt: 2)).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, announces));

    [Fact]
    public void A_failed_task_owes_its_dead_letter_until_it_is_paid()
    {
        var row = Row(TaskState.Failed, attempt: 2) with { Owed = true, DeadReason = DeadReason.Permanent, Error = "no such address" };

        Decide(Claim(attempt: 2), row).ShouldBe(new BeginVerdict.Settled(new Settlement.DeadLetter(DeadReason.Permanent, "no such address"), true));
        Decide(Claim(attempt: 1), row).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, false));
        Decide(Claim(attempt: 2), row with { Owed = false }).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, true));
    }

    [Fact]
    public void A_retry_that_was_decided_is_owed_with_its_original_due_time_until_it_is_paid()
    {
        var row = Row(TaskState.Retrying, attempt: 2) with { Owed = true, DueAt = Now + 700, Error = "no answer" };

        Decide(Claim(attempt: 2), row).ShouldBe(new BeginVerdict.Settled(new Settlement.Retry(DateTimeOffset.FromUnixTimeMilliseconds(Now + 700), 2, "no answer"), true));
        Decide(Claim(attempt: 1), row).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, false));
        Decide(Claim(attempt: 2), row with { Owed = false }).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, true));
    }

    [Theory]
    [InlineData(6, false)]
    [InlineData(5, true)]
    [InlineData(0, true)]
    [InlineData(-100, true)]
    public void A_retry_begins_when_it_is_due_and_not_earlier(long early, bool begins)
    {
        var verdict = Decide(Claim(attempt: 2), Row(TaskState.Retrying, attempt: 1) with { DueAt = Now + early });

        verdict.ShouldBe(begins ? new BeginVerdict.Begin(1, 2, default) : new BeginVerdict.NotDue(Now + early));
    }

    [Fact]
    public void The_larger_of_the_guards_and_the_messages_count_holds()
    {
        Decide(Claim(attempt: 4), Row(TaskState.Retrying, attempt: 1)).ShouldBe(new BeginVerdict.Begin(1, 4, default));
        Decide(Claim(attempt: 1), Row(TaskState.Queued, attempt: 3)).ShouldBe(new BeginVerdict.Begin(1, 4, default));
        Decide(Claim(attempt: 7), Row(TaskState.Retrying, attempt: 1)).ShouldBe(new BeginVerdict.Fail(1, 7, DeadReason.Exhausted, "attempt 7 of at most 6"));
    }

    [Fact]
    public void The_rows_own_maximum_holds() =>
        Decide(Claim(attempt: 3) with { MaxRetries = 100 }, Row(TaskState.Retrying, attempt: 1) with { MaxRetries = 1 })
            .ShouldBe(new BeginVerdict.Fail(1, 3, DeadReason.Exhausted, "attempt 3 of at most 2"));

    [Fact]
    public void A_running_attempt_is_left_to_its_live_owner()
    {
        Decide(Claim(attempt: 2), Row(TaskState.Processing, attempt: 2)).ShouldBe(BeginVerdict.Elsewhere.Instance);
        Decide(Claim(attempt: 1), Row(TaskState.Processing, attempt: 2)).ShouldBe(new BeginVerdict.Settled(Settlement.Ack.Instance, false));
    }

    [Fact]
    public void An_owner_that_stopped_in_order_blames_nobody() =>
        Decide(Claim(attempt: 2), Row(TaskState.Processing, attempt: 2), OwnerLife.Stopped).ShouldBe(new BeginVerdict.Begin(1, 2, default, OwnerLife.Stopped));

    [Fact]
    public void After_a_death_the_task_must_ask_again_alone()
    {
        Decide(Claim(attempt: 2), Row(TaskState.Processing, attempt: 2), OwnerLife.Dead).ShouldBe(new BeginVerdict.Suspect(new Deaths(1, 0)));
        Decide(Claim(attempt: 2, solitary: true), Row(TaskState.Processing, attempt: 2), OwnerLife.Dead).ShouldBe(new BeginVerdict.Begin(1, 2, new Deaths(1, 0), OwnerLife.Dead));
        Decide(Claim(attempt: 1), Row(TaskState.Queued) with { SharedDeaths = 1 }).ShouldBe(new BeginVerdict.Suspect(null));
        Decide(Claim(attempt: 1, solitary: true), Row(TaskState.Queued) with { SharedDeaths = 1 }).ShouldBe(new BeginVerdict.Begin(1, 1, new Deaths(1, 0)));
    }

    [Theory]
    [InlineData(2, 0, false, false)]
    [InlineData(5, 0, true, false)]
    [InlineData(1, 1, true, true)]
    [InlineData(0, 2, true, true)]
    [InlineData(0, 1, true, false)]
    [InlineData(1, 2, false, true)]
    public void Three_deaths_of_which_two_alone_make_a_crash(int shared, int solitary, bool nowAlone, bool crashed)
    {
        var row = Row(TaskState.Processing) with { SharedDeaths = shared, SolitaryDeaths = solitary, Solitary = nowAlone, WorkerId = "consumer-2" };

        var verdict = Decide(Claim(solitary: true), row, OwnerLife.Dead);

        if (crashed)
        {
            verdict.ShouldBe(new BeginVerdict.Fail(1, 1, DeadReason.Crashed, $"the process died {shared + solitary + 1} times while it ran this task; last on consumer-2", OwnerLife.Dead));
        }
        else
        {
            verdict.ShouldBeOfType<BeginVerdict.Begin>();
        }
    }

    private static BeginVerdict Decide(BeginClaim claim, GuardedTask? row, OwnerLife owner = OwnerLife.Alive) => BeginDecision.Decide(claim, row, owner, Now);

    private static BeginClaim Claim(int attempt = 1, int series = 1, bool solitary = false) => new(series, attempt, 5, solitary);

    private static GuardedTask Row(TaskState state, int? attempt = null) => new()
    {
        Id = "t",
        Type = "email",
        State = state,
        Attempt = attempt ?? (state == TaskState.Queued ? 0 : 1),
        MaxRetries = 5,
    };
}
