using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class DurationSpreadTests
{
    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.95, 95)]
    [InlineData(0.99, 99)]
    [InlineData(1, 100)]
    public void A_percentile_is_off_by_a_tenth_of_itself_at_most(double share, double expected)
    {
        var counts = new DurationCounts();
        for (var ms = 1; ms <= 100; ms++)
        {
            counts.Add(TimeSpan.FromMilliseconds(ms));
        }

        counts.Current.Percentile(share)!.Value.TotalMilliseconds.ShouldBe(expected, tolerance: expected * 0.1);
    }

    [Fact]
    public void Of_nothing_there_is_no_percentile() => DurationSpread.None.Percentile(0.5).ShouldBeNull();

    [Fact]
    public void What_lies_beyond_the_steps_is_counted_in_the_last_ones()
    {
        var counts = new DurationCounts();
        counts.Add(TimeSpan.FromSeconds(-5));
        counts.Add(TimeSpan.Zero);
        counts.Add(TimeSpan.FromDays(400));

        counts.Current.Count.ShouldBe(3);
        counts.Current.Percentile(0.5)!.Value.ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        counts.Current.Percentile(1)!.Value.ShouldBeGreaterThan(TimeSpan.FromHours(20));
    }

    [Fact]
    public void Spreads_add_up_are_taken_apart_and_survive_being_written()
    {
        var counts = new DurationCounts();
        counts.Add(TimeSpan.FromMilliseconds(3));
        var before = counts.Current;
        counts.Add(TimeSpan.FromSeconds(7));

        var since = counts.Current.Since(before);

        since.Count.ShouldBe(1);
        DurationSpread.Parse(since.ToString()).Percentile(0.5)!.Value.TotalSeconds.ShouldBe(7, tolerance: 0.7);
        since.Plus(before).ToString().ShouldBe(counts.Current.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("7: 120:4 -1:5 3:x :")]
    public void What_is_no_spread_is_read_as_none(string text) => DurationSpread.Parse(text).Count.ShouldBe(0);
}
