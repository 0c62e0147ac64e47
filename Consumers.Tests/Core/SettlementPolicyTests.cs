using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class SettlementPolicyTests
{
    private static readonly RetrySchedule Schedule = new(new RetryOptions());
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private static Settlement Decide(TaskOutcome outcome, int retryCount = 0, int maxRetries = 5, double random = 0) =>
        SettlementPolicy.Decide(outcome, retryCount, maxRetries, Schedule, Now, random);

    [Fact]
    public void Success_is_acknowledged() => Decide(TaskOutcome.Success()).ShouldBeOfType<Settlement.Ack>();

    [Fact]
    public void A_permanent_failure_is_dead_lettered() =>
        Decide(TaskOutcome.PermanentFailure("no")).ShouldBe(new Settlement.DeadLetter(DeadReason.Permanent, "no"));

    [Fact]
    public void The_last_retryable_failure_is_exhausted()
    {
        Decide(TaskOutcome.RetryableFailure("no"), retryCount: 4).ShouldBeOfType<Settlement.Retry>().RetryCount.ShouldBe(5);
        Decide(TaskOutcome.RetryableFailure("no"), retryCount: 5).ShouldBe(new Settlement.DeadLetter(DeadReason.Exhausted, "no"));
        Decide(TaskOutcome.RetryableFailure("no"), retryCount: 0, maxRetries: 0).ShouldBeOfType<Settlement.DeadLetter>();
    }

    [Fact]
    public void An_error_is_cleaned_and_cut_for_a_header()
    {
        var dead = Decide(TaskOutcome.PermanentFailure("line\r\nbreak\u0000\ud800" + new string('x', 5000))).ShouldBeOfType<Settlement.DeadLetter>();

        dead.Error.Length.ShouldBe(1024);
        dead.Error.ShouldStartWith("line  break \uFFFDxxx");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(5, 32)]
    [InlineData(6, 60)]
    [InlineData(7, 60)]
    [InlineData(62, 60)]
    [InlineData(64, 60)]
    [InlineData(int.MaxValue, 60)]
    [InlineData(-5, 1)]
    public void The_tier_doubles_and_saturates(int retryCount, int seconds) =>
        Schedule.TierFor(retryCount).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void The_tiers_are_those_of_the_contract() =>
        Schedule.Tiers.Select(RetrySchedule.NameOf).ShouldBe(["1s", "2s", "4s", "8s", "16s", "32s", "60s"]);

    [Fact]
    public void Jitter_only_adds_and_at_most_a_fifth_of_the_tier()
    {
        Schedule.DelayFor(3, null, 0).ShouldBe(TimeSpan.FromSeconds(8));
        Schedule.DelayFor(3, null, 0.999).ShouldBeInRange(TimeSpan.FromSeconds(9.5), TimeSpan.FromSeconds(9.6));
    }

    [Theory]
    [InlineData(-10, 0)]
    [InlineData(0.2, 0.2)]
    [InlineData(300, 300)]
    [InlineData(1e9, 86400)]
    public void An_asked_wait_is_honoured_between_zero_and_a_day(double asked, double expected) =>
        Schedule.DelayFor(0, TimeSpan.FromSeconds(asked), 0).ShouldBe(TimeSpan.FromSeconds(expected));

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(1, 1)]
    [InlineData(1.7, 1)]
    [InlineData(1.95, 2)]
    [InlineData(33, 32)]
    [InlineData(53.9, 32)]
    [InlineData(59.9, 60)]
    [InlineData(3600, 60)]
    public void A_wait_goes_to_the_longest_tier_that_overshoots_by_less_than_what_publishing_takes(double wait, int tier) =>
        Schedule.TierWithin(TimeSpan.FromSeconds(wait)).ShouldBe(TimeSpan.FromSeconds(tier));
}
