using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class HeldBodiesTests
{
    private const int MiB = 1024 * 1024;
    private const long Limit = 64L * MiB;

    private readonly FakeTime _time = new();

    [Fact]
    public void Small_bodies_leave_the_prefetch_as_it_is_however_many_there_are()
    {
        var held = new HeldBodies(Limit, _time);

        for (var i = 0; i < 1000; i++)
        {
            held.Add(MiB);
        }

        held.Fit(20).ShouldBe(20);
    }

    [Fact]
    public void One_large_body_for_a_handler_is_no_reason_and_many_are()
    {
        var held = new HeldBodies(Limit, _time);

        held.Add(8 * MiB);
        held.Fit(20).ShouldBe(20);
        for (var i = 0; i < 4; i++)
        {
            held.Add(8 * MiB);
        }

        held.Fit(20).ShouldBe(4, "half the limit in bodies of the largest size");
    }

    [Fact]
    public void One_body_that_is_passed_on_is_reason_enough()
    {
        var held = new HeldBodies(Limit, _time);

        held.Pass(16 * MiB);

        held.Fit(20).ShouldBe(2);
        held.Fit(1).ShouldBe(1, "it never raises what is wanted");
    }

    [Fact]
    public void A_body_above_the_limit_still_leaves_a_prefetch_of_one()
    {
        var held = new HeldBodies(Limit, _time);

        held.Pass(127 * MiB);

        held.Fit(20).ShouldBe(1);
    }

    [Fact]
    public void The_prefetch_returns_a_while_after_the_last_large_body()
    {
        var held = new HeldBodies(Limit, _time);
        held.Pass(16 * MiB);

        _time.Advance(HeldBodies.Memory);
        held.Fit(20).ShouldBe(2);
        held.Add(2 * MiB);
        _time.Advance(HeldBodies.Memory);
        held.Fit(20).ShouldBe(2, "once it is down, any large body keeps it down");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        held.Fit(20).ShouldBe(20);
    }

    [Fact]
    public void What_has_ended_is_held_no_longer()
    {
        var held = new HeldBodies(Limit, _time);

        held.Add(5);
        held.Add(7);
        held.Remove(5);

        held.Bytes.ShouldBe(7);
    }
}
