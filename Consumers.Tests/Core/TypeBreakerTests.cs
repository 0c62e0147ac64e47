using Consumers.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consumers.Tests.Core;

public sealed class TypeBreakerTests
{
    private static readonly TaskOutcome Failure = TaskOutcome.RetryableFailure("connection refused");
    private readonly FakeTime _time = new();
    private readonly TypeBreaker _breaker;

    public TypeBreakerTests() => _breaker = new TypeBreaker("rabbit", "email", new BreakerOptions(), _time, NullLogger.Instance);

    [Fact]
    public void Opens_when_enough_attempts_failed_and_says_how_many()
    {
        Attempts(3, TaskOutcome.Success());
        Attempts(16, Failure);
        _breaker.Pause.ShouldBeNull("19 attempts say nothing yet");

        Attempts(1, Failure);

        var pause = _breaker.Pause.ShouldNotBeNull();
        (pause.Failed, pause.Attempts).ShouldBe((17, 20));
        pause.Since.ShouldBe(_time.GetUtcNow());
        pause.NextProbeAt.ShouldBe(_time.GetUtcNow() + TimeSpan.FromSeconds(5));
        pause.LastError.ShouldBe("connection refused");
        _breaker.TryEnter(isLastAttempt: false).ShouldBeNull();
    }

    [Fact]
    public void Attempts_of_long_ago_say_nothing()
    {
        Attempts(19, Failure);
        _time.Advance(TimeSpan.FromSeconds(31));
        Attempts(1, Failure);

        _breaker.Pause.ShouldBeNull();
    }

    [Fact]
    public void Permanent_failures_do_not_open_it()
    {
        Attempts(100, TaskOutcome.PermanentFailure("no such address"));

        _breaker.Pause.ShouldBeNull();
    }

    [Fact]
    public void Interrupted_attempts_are_counted_neither_way()
    {
        Attempts(19, Failure);
        Attempts(100, null);
        Attempts(1, Failure);

        var pause = _breaker.Pause.ShouldNotBeNull();
        (pause.Failed, pause.Attempts).ShouldBe((20, 20));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void A_clock_that_is_set_moves_no_probe(int hours)
    {
        Open();
        var probeAt = _breaker.Pause!.NextProbeAt;
        _time.Set(TimeSpan.FromHours(hours));

        _breaker.Pause!.NextProbeAt.ShouldBe(probeAt.AddHours(hours), "people read it by the clock that was set");
        _breaker.AskAgainAt(0).ShouldBe(probeAt.AddHours(hours));
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        _breaker.TryEnter(isLastAttempt: false).ShouldBeNull("a millisecond early");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull();
    }

    [Fact]
    public void Lets_one_probe_through_and_closes_when_it_works()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        _breaker.TryEnter(isLastAttempt: false).ShouldBeNull("a millisecond early");
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var probe = _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull();
        probe.IsProbe.ShouldBeTrue();
        _breaker.TryEnter(isLastAttempt: false).ShouldBeNull("one probe at a time");
        _breaker.Pause.ShouldNotBeNull().IsProbing.ShouldBeTrue();
        probe.Report(TaskOutcome.Success());

        _breaker.Pause.ShouldBeNull();
        Attempts(19, Failure);
        _breaker.Pause.ShouldBeNull("it counts from the beginning again");
    }

    [Fact]
    public void Probes_that_fail_come_less_and_less_often_up_to_the_longest_break()
    {
        Open();
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(_breaker.Pause!.NextProbeAt - _time.GetUtcNow());
            var probe = _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull();
            probe.Report(Failure);
            waits.Add((_breaker.Pause!.NextProbeAt - _time.GetUtcNow()).TotalSeconds);
        }

        waits.ShouldBe([10, 20, 40, 60, 60, 60]);
        _breaker.Pause!.FailedProbes.ShouldBe(6);
        (_breaker.Pause.Failed, _breaker.Pause.Attempts).ShouldBe((20, 20), "it still says why it was paused");
    }

    [Fact]
    public void A_probe_that_told_nothing_makes_room_for_the_next()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull().Dispose();

        _breaker.Pause.ShouldNotBeNull().FailedProbes.ShouldBe(0);
        _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull().Report(TaskOutcome.Success());
        _breaker.Pause.ShouldBeNull();
    }

    [Fact]
    public void What_began_before_the_pause_decides_nothing_about_it()
    {
        var (early, late, later) = (_breaker.TryEnter(false)!, _breaker.TryEnter(false)!, _breaker.TryEnter(false)!);
        Open();
        early.Report(TaskOutcome.Success());
        _breaker.Pause.ShouldNotBeNull();
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = _breaker.TryEnter(false).ShouldNotBeNull();

        late.Report(TaskOutcome.Success());
        later.Report(Failure);

        _breaker.Pause.ShouldNotBeNull().IsProbing.ShouldBeTrue();
        probe.Report(TaskOutcome.Success());
        _breaker.Pause.ShouldBeNull();
    }

    [Fact]
    public void A_task_on_its_last_attempt_is_the_probe_only_when_no_other_comes()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(64));
        _breaker.TryEnter(isLastAttempt: true).ShouldBeNull("another may come");
        _time.Advance(TimeSpan.FromSeconds(1));

        _breaker.TryEnter(isLastAttempt: true).ShouldNotBeNull().IsProbe.ShouldBeTrue();
    }

    [Fact]
    public void Who_waits_asks_again_after_the_probe_and_not_all_at_once()
    {
        Open();
        var probeAt = _breaker.Pause!.NextProbeAt;

        _breaker.AskAgainAt(0).ShouldBe(probeAt);
        _breaker.AskAgainAt(0.5).ShouldBe(probeAt + TimeSpan.FromSeconds(2.5));
        _time.Advance(TimeSpan.FromSeconds(6));
        _breaker.AskAgainAt(0).ShouldBe(_time.GetUtcNow() + TimeSpan.FromSeconds(5), "the probe runs, and may run long");
    }

    [Fact]
    public void A_pass_is_reported_once()
    {
        Attempts(19, Failure);
        var pass = _breaker.TryEnter(false)!;
        pass.Report(TaskOutcome.Success());
        pass.Report(Failure);
        pass.Dispose();

        _breaker.Pause.ShouldBeNull();
    }

    private void Open()
    {
        Attempts(20, Failure);
        _breaker.Pause.ShouldNotBeNull();
    }

    private void Attempts(int count, TaskOutcome? outcome)
    {
        for (var i = 0; i < count; i++)
        {
            using var pass = _breaker.TryEnter(isLastAttempt: false).ShouldNotBeNull();
            pass.Report(outcome);
        }
    }
}
