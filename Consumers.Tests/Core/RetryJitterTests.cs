using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class RetryJitterTests
{
    private static readonly RetrySchedule Schedule = new(new RetryOptions());
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private readonly RetryJitter _jitter = new(Schedule, new Random(7));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    [InlineData(4, 40)]
    [InlineData(6, 500)]
    public void No_retry_of_a_tier_is_due_before_the_one_ahead_of_it(int retryCount, int millisecondsBetween)
    {
        var due = Enumerable.Range(0, 5000).Select(i => DueAt(retryCount, Now.AddMilliseconds(i * millisecondsBetween))).ToArray();

        due.ShouldBe(due.Order());
    }

    [Fact]
    public void Many_at_one_moment_are_spread_over_the_jitter_and_none_beyond_it()
    {
        var shares = Enumerable.Range(0, 600).Select(_ => _jitter.Next(3, Now)).ToArray();

        shares.ShouldAllBe(share => share >= 0 && share < 1);
        shares[0].ShouldBeLessThanOrEqualTo(0.01);
        shares[^1].ShouldBeGreaterThan(0.9);
        foreach (var tenth in Enumerable.Range(0, 9))
        {
            shares.ShouldContain(share => share >= tenth / 10.0 && share < (tenth + 1) / 10.0, $"none in the {tenth + 1}. tenth");
        }
    }

    [Fact]
    public void One_alone_hardly_waits_longer_than_its_tier_also_after_many()
    {
        for (var i = 0; i < 1000; i++)
        {
            _jitter.Next(3, Now);
        }

        _jitter.Next(3, Now.AddSeconds(2)).ShouldBeLessThan(0.02);
        _jitter.Next(2, Now).ShouldBeLessThan(0.02, "tiers have nothing to do with one another");
    }

    [Fact]
    public void A_clock_that_is_set_back_by_hours_costs_nothing()
    {
        _jitter.Next(0, Now.AddHours(5));

        _jitter.Next(0, Now).ShouldBeLessThan(0.02);
    }

    [Fact]
    public void Without_jitter_there_is_none() => new RetryJitter(new RetrySchedule(new RetryOptions { Jitter = 0 }), new Random(7)).Next(3, Now).ShouldBe(0);

    private DateTimeOffset DueAt(int retryCount, DateTimeOffset now) => now + Schedule.DelayFor(retryCount, null, _jitter.Next(retryCount, now));
}
