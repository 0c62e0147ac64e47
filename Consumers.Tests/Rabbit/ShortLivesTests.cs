using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class ShortLivesTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void After_two_short_lives_one_message_is_taken_at_a_time_until_a_life_is_long()
    {
        var lives = new ShortLives(_time);
        Live(lives, TimeSpan.FromSeconds(1));
        lives.Begin();
        lives.Fit(20).ShouldBe(20);
        _time.Advance(TimeSpan.FromSeconds(1));
        lives.End();

        lives.Begin();
        lives.Fit(20).ShouldBe(1);
        _time.Advance(ShortLives.Short);
        lives.Fit(20).ShouldBe(20);
        lives.End();

        lives.Begin();
        lives.Fit(20).ShouldBe(20, "the long life ended the row");
    }

    private void Live(ShortLives lives, TimeSpan time)
    {
        lives.Begin();
        _time.Advance(time);
        lives.End();
    }
}
