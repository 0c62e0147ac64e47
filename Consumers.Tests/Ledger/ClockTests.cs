using Consumers.Core;

namespace Consumers.Tests.Ledger;

/// <summary>Somebody sets the wall clock: of the whole machine, or of one that shares the ledger.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Hours = TimeSpan.FromHours(3);

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task An_instance_whose_own_clock_is_set_takes_nothing_over_from_one_that_lives(int direction)
    {
        await using var ledger = new TestLedger();
        var own = new FakeTime();
        var (works, jumps) = (await ledger.StartAsync("works"), await ledger.StartAsync("jumps", own));
        var begun = await works.BegunAsync("t");

        own.Set(direction * Hours);
        for (var second = 0; second < 30; second++)
        {
            ledger.Time.Advance(TimeSpan.FromSeconds(1));
            own.Advance(TimeSpan.FromSeconds(1));
            await works.RenewAsync();
            await jumps.RenewAsync();
            (await jumps.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance, $"{second} s after");
        }

        (await works.SettleAsync(begun, Settlement.Ack.Instance)).Accepted.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Whoever_is_silent_after_all_clocks_were_set_is_dead_one_lease_later(int direction)
    {
        await using var ledger = new TestLedger();
        var (silent, other) = (await ledger.StartAsync("silent"), await ledger.StartAsync("other"));
        await silent.BegunAsync("t");

        ledger.Time.Set(direction * Hours);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance, "it had no time to renew");
        await ledger.PassAsync(TimeSpan.FromSeconds(10), other);

        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
        // Who was last seen hours ago is not listed at all.
        (await other.Fleet.ListAsync(CancellationToken.None)).Where(instance => instance.State == "running").ShouldHaveSingleItem().Name.ShouldBe("other");
    }

    [Fact]
    public async Task A_retry_that_waits_while_the_clock_is_put_back_waits_once_more_and_not_for_hours()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var first = await instance.BegunAsync("t");
        await instance.SettleAsync(first, instance.RetryIn(first, 4));
        ledger.Time.Set(-Hours);

        (await instance.BeginAsync("t", retryCount: 1)).ShouldBe(new AttemptBegin.NotDue(ledger.Time.GetUtcNow().AddSeconds(4)));
        ledger.Time.Advance(TimeSpan.FromSeconds(3));
        (await instance.BeginAsync("t", retryCount: 1)).ShouldBe(new AttemptBegin.NotDue(ledger.Time.GetUtcNow().AddSeconds(1)), "it began anew once");
        ledger.Time.Advance(TimeSpan.FromSeconds(1));

        (await instance.BegunAsync("t", retryCount: 1)).Key.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task A_row_that_waits_for_its_broker_is_found_although_the_clock_was_put_back()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.Tasks.EnqueueAsync("rabbit", [TestInstance.Message("t")], CancellationToken.None);
        ledger.Time.Set(-Hours);

        (await instance.Tasks.FindUnpublishedAsync("rabbit", TimeSpan.FromSeconds(5), 10, CancellationToken.None)).ShouldHaveSingleItem().Message.Id.ShouldBe("t");
    }
}
