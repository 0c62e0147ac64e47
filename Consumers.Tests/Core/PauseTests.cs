using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class PauseTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_module_s_pause_holds_all_its_types_and_a_type_s_pause_itself_alone()
    {
        var pauses = new InMemoryPauses(_time);
        await pauses.PauseAsync(new PauseOrder("rabbit", "email", "ben", null), default);

        pauses.Current.Holding("rabbit", "email").ShouldNotBeNull().Type.ShouldBe("email");
        pauses.Current.Holding("rabbit", "report").ShouldBeNull();
        pauses.Current.Holding("kafka", "email").ShouldBeNull();
        pauses.Current.Find("rabbit").ShouldBeNull();

        await pauses.PauseAsync(new PauseOrder("rabbit", null, "anna", null), default);

        pauses.Current.Holding("rabbit", "report").ShouldNotBeNull().By.ShouldBe("anna");
        await pauses.ResumeAsync(new PauseOrder("rabbit", null, "anna", null), default);
        pauses.Current.TypesOf("rabbit").ShouldHaveSingleItem().Type.ShouldBe("email", "the types keep their own pauses");
    }

    [Fact]
    public void Few_parked_deliveries_are_looked_at_every_two_seconds()
    {
        var pace = new ParkingPace(new RetrySchedule(new RetryOptions()), _time);
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 300; i++)
            {
                pace.Next(0).ShouldBe(TimeSpan.FromSeconds(2));
            }
            _time.Advance(TimeSpan.FromSeconds(2.2));
        }
        pace.Next(0.99).ShouldBeInRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.4));
    }

    /// <summary>Ten thousand that come back as they were told to, for ten minutes.</summary>
    [Fact]
    public void Many_parked_deliveries_cost_the_broker_a_bounded_rate()
    {
        var pace = new ParkingPace(new RetrySchedule(new RetryOptions()), _time);
        var random = new Random(1);
        var comes = new PriorityQueue<int, DateTimeOffset>();
        var (start, parked) = (_time.GetUtcNow(), 0);
        for (var i = 0; i < 10_000; i++)
        {
            comes.Enqueue(i, start + TimeSpan.FromMilliseconds(i / 10.0));
        }
        while (comes.TryDequeue(out var task, out var at) && at < start + TimeSpan.FromMinutes(10))
        {
            if (at > _time.GetUtcNow())
            {
                _time.Advance(at - _time.GetUtcNow());
            }
            var wait = pace.Next(random.NextDouble());
            wait.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(72));
            comes.Enqueue(task, at + wait);
            parked += at > start + TimeSpan.FromMinutes(2) ? 1 : 0;
        }
        (parked / 480.0).ShouldBeInRange(100, ParkingPace.PerSecond * 1.25);
    }

    [Fact]
    public void A_later_pause_of_few_is_not_slowed_by_an_earlier_one_of_many()
    {
        var pace = new ParkingPace(new RetrySchedule(new RetryOptions()), _time);
        for (var i = 0; i < 5000; i++)
        {
            pace.Next(0);
        }
        pace.Next(0).ShouldBe(TimeSpan.FromSeconds(32));
        _time.Advance(TimeSpan.FromMinutes(5));

        pace.Next(0).ShouldBe(TimeSpan.FromSeconds(2));
    }
}
