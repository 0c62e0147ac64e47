using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class ConfirmAllowanceTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly FakeTime _time = new();

    [Fact]
    public void Without_a_body_on_its_way_it_is_the_timeout() => new ConfirmAllowance(Timeout, _time).For(0).ShouldBe(Timeout);

    [Fact]
    public void A_body_of_70_MiB_may_take_70_seconds_longer() =>
        new ConfirmAllowance(Timeout, _time).For(70 * ConfirmAllowance.BytesPerSecond).ShouldBe(TimeSpan.FromSeconds(80));

    [Fact]
    public void What_was_sent_behind_a_large_body_is_waited_for_as_long()
    {
        var allowance = new ConfirmAllowance(Timeout, _time);
        allowance.For(70 * ConfirmAllowance.BytesPerSecond);

        _time.Advance(Timeout);
        allowance.For(0).ShouldBe(TimeSpan.FromSeconds(80));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        allowance.For(0).ShouldBe(Timeout);
    }

    [Fact]
    public void A_larger_body_raises_it_at_once_and_a_smaller_one_does_not_lower_it()
    {
        var allowance = new ConfirmAllowance(Timeout, _time);

        allowance.For(2 * ConfirmAllowance.BytesPerSecond).ShouldBe(TimeSpan.FromSeconds(12));
        allowance.For(5 * ConfirmAllowance.BytesPerSecond).ShouldBe(TimeSpan.FromSeconds(15));
        allowance.For(ConfirmAllowance.BytesPerSecond).ShouldBe(TimeSpan.FromSeconds(15));
    }
}
