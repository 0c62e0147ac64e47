using Consumers.Kafka;

namespace Consumers.Tests.Kafka;

/// <summary>How old a lag is, from what the brokers told every other second.</summary>
public sealed class LagAgeTests
{
    private readonly LagAge _age = new();

    [Fact]
    public void Where_all_is_committed_nothing_waits()
    {
        _age.Since.ShouldBeNull();
        _age.Hear(At(0), 10, 10);
        _age.Since.ShouldBeNull();
    }

    [Fact]
    public void A_record_waits_since_the_end_past_it_was_heard_of_first_however_much_comes_behind_it()
    {
        _age.Hear(At(0), 10, 10);
        _age.Hear(At(2), 12, 10);
        _age.Hear(At(4), 15, 10);
        _age.Hear(At(6), 15, 11);
        _age.Since.ShouldBe(At(2));

        _age.Hear(At(8), 15, 12);
        _age.Since.ShouldBe(At(4));
        _age.Hear(At(10), 15, 15);
        _age.Since.ShouldBeNull();
    }

    [Fact]
    public void What_was_behind_when_this_process_began_waits_at_least_since_then() => Since((5, 100, 40), (7, 120, 60)).ShouldBe(At(5));

    [Fact]
    public void A_topic_that_was_made_anew_begins_anew() => Since((0, 100, 40), (2, 3, 0)).ShouldBe(At(2));

    [Fact]
    public void What_is_remembered_is_bounded_and_an_age_is_never_told_too_long()
    {
        const int heard = 20 * LagAge.Most;
        for (var i = 1; i <= heard; i++)
        {
            _age.Hear(At(i), i, 0);
        }
        _age.Count.ShouldBeLessThanOrEqualTo(LagAge.Most);
        _age.Since.ShouldBe(At(1), "the oldest is not forgotten");
        for (var committed = 1; committed < heard; committed++)
        {
            _age.Hear(At(heard), heard, committed);
            // The record at offset n came at n + 1.
            _age.Since!.Value.ShouldBeGreaterThanOrEqualTo(At(committed + 1));
        }
    }

    private DateTimeOffset? Since(params (int At, long End, long Committed)[] told)
    {
        foreach (var (at, end, committed) in told)
        {
            _age.Hear(At(at), end, committed);
        }
        return _age.Since;
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
}
