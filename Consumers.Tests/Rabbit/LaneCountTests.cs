using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class LaneCountTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Lanes_open_while_messages_wait_and_close_one_by_one_when_none_did_for_a_while()
    {
        var lanes = new LaneCount(1, 3, _time);
        Looked(lanes, 1).ShouldBe(2, "one lane for one message");
        Looked(lanes, 5).ShouldBe(3);
        Looked(lanes, 1000).ShouldBe(3, "the upper bound");

        Looked(lanes, 0).ShouldBe(3, "a moment without a backlog closes nothing");
        _time.Advance(LaneCount.Calm);
        Looked(lanes, 0).ShouldBe(2);
        Looked(lanes, 0).ShouldBe(2, "one at a time");
        _time.Advance(LaneCount.Calm);
        Looked(lanes, 0).ShouldBe(1);
        _time.Advance(LaneCount.Calm);
        Looked(lanes, 0).ShouldBe(1, "the lower bound");
    }

    [Fact]
    public void A_backlog_or_a_broker_that_does_not_answer_starts_the_calm_anew()
    {
        foreach (var seen in (long?[])[7, null])
        {
            var lanes = new LaneCount(1, 2, _time);
            Looked(lanes, 1).ShouldBe(2);
            _time.Advance(LaneCount.Calm / 2);
            Looked(lanes, seen).ShouldBe(2);
            _time.Advance(LaneCount.Calm / 2);
            Looked(lanes, 0).ShouldBe(2);
            _time.Advance(LaneCount.Calm);
            Looked(lanes, 0).ShouldBe(1);
        }
    }

    [Fact]
    public void Two_instances_that_look_at_one_queue_have_equally_many_however_they_began()
    {
        var (elder, younger) = (new LaneCount(1, 3, _time), new LaneCount(1, 3, _time));
        Looked(elder, 9);
        (elder.Value, younger.Value).ShouldBe((3, 1));

        // Half an hour of quiet with a moment of backlog in it: both see both.
        for (var minute = 0; minute < 30; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            var ready = minute == 20 ? 4 : 0;
            (Looked(elder, ready), Looked(younger, ready)).ShouldSatisfyAllConditions(
                seen => (minute < 2 || seen.Item1 == seen.Item2).ShouldBeTrue($"minute {minute}: {seen}"));
        }
    }

    [Fact]
    public void Fixed_bounds_need_no_look()
    {
        new LaneCount(3, 3, _time).WantsToLook.ShouldBeFalse();
        var lanes = new LaneCount(1, 3, _time);
        lanes.WantsToLook.ShouldBeTrue();
        lanes.Observe(0);
        lanes.WantsToLook.ShouldBeFalse("it looked a moment ago");
        _time.Advance(LaneCount.LookInterval);
        lanes.WantsToLook.ShouldBeTrue();
    }

    private static int Looked(LaneCount lanes, long? ready)
    {
        lanes.Observe(ready);
        return lanes.Value;
    }
}
