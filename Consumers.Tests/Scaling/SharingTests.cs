using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Tests.Scaling;

/// <summary>Shares, fairness and its cause, rates and forecasts, from reports that are made up.</summary>
public sealed class SharingTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Equal_rates_are_even()
    {
        Fairness.Jain([1, 1, 1]).ShouldBe(1);
        Fairness.Jain([1, 0, 0]).ShouldBe(1 / 3.0, 1e-9);
        Fairness.Jain([3, 1]).ShouldBe(0.8, 1e-9);

        var fair = Fairness.Of([Worked("a", 300), Worked("b", 301), Worked("c", 299)]);
        fair.Index!.Value.ShouldBeGreaterThan(0.999);
        fair.IsLow.ShouldBeFalse();
        fair.Sentence.ShouldBe("The work is shared evenly.");
    }

    [Fact]
    public void An_instance_that_hoards_is_named_with_its_prefetch()
    {
        var fairness = Fairness.Of([Worked("greedy", 900, prefetch: 150), Worked("b", 100), Worked("c", 100)]);

        fairness.IsLow.ShouldBeTrue();
        fairness.Sentence.ShouldStartWith("greedy hoards: it may hold 150 tasks while it runs 3");
    }

    [Fact]
    public void A_slow_one_is_named_with_how_slow_it_is()
    {
        var fairness = Fairness.Of([Worked("a", 600, busyMs: 60_000), Worked("snail", 100, busyMs: 60_000), Worked("c", 600, busyMs: 60_000)]);

        fairness.IsLow.ShouldBeTrue();
        fairness.Sentence.ShouldStartWith("snail is slow: 600 ms a task where the others need 100 ms");
    }

    [Fact]
    public void One_that_is_away_is_named_with_when_it_was_seen_last_and_one_that_stopped_is_not_missed()
    {
        var gone = Fairness.Of([Worked("a", 600), Silent("victim", 100)]);
        gone.IsLow.ShouldBeTrue();
        gone.Sentence.ShouldBe("victim is away since 12:00:10: its tasks go to the others.");

        var stopped = Fairness.Of([Worked("a", 600), Worked("b", 600), Worked("done", 10, state: "stopped")]);
        stopped.IsLow.ShouldBeFalse();
    }

    [Fact]
    public void One_that_is_alive_and_takes_nothing_is_named()
    {
        var fairness = Fairness.Of([Worked("a", 600), Worked("idle", 0, running: 0)]);

        fairness.Sentence.ShouldStartWith("idle takes no tasks although it is alive");
    }

    [Fact]
    public void One_that_runs_fewer_tasks_at_once_is_named()
    {
        var fairness = Fairness.Of([Worked("a", 600, busyMs: 60_000), Worked("small", 200, busyMs: 20_000, limit: 1, prefetch: 1)]);

        fairness.Sentence.ShouldBe("small runs 1 task at once, each of the others more.");
    }

    [Fact]
    public void Unknown_is_not_even_and_not_uneven()
    {
        Fairness.Of([]).Index.ShouldBeNull();
        Fairness.Of([Worked("a", 3), Worked("b", 0)]).ShouldSatisfyAllConditions(
            few => few.Index.ShouldBeNull(),
            few => few.Sentence.ShouldStartWith("Not known yet: 3 tasks ended in the last minute"));
        // Seen once: no rate yet, and no place among those that are compared.
        var newcomer = InstanceLoad.From([new InstanceTrack(Report("new", Start, 0), Start)], "scaling", Start).Single();
        newcomer.PerSecond.ShouldBeNull();
        Fairness.Of([Worked("a", 600), Worked("b", 600), newcomer]).IsLow.ShouldBeFalse();
        Fairness.Of([newcomer with { Module = null, Report = newcomer.Report with { ByModule = [] } }]).Sentence.ShouldContain("REDIS_URL");
    }

    [Fact]
    public void A_newcomer_is_measured_by_its_own_time()
    {
        // Ten seconds of the same rate as the others' minute.
        var track = new InstanceTrack(Report("new", Start.AddSeconds(50), 1000), Start.AddSeconds(50));
        track.Add(Report("new", Start.AddSeconds(60), 1100), Start.AddSeconds(60));

        InstanceLoad.From([track], "scaling", Start.AddSeconds(60)).Single().Module!.PerSecond.ShouldBe(10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public void Instances_are_compared_over_the_time_that_all_of_them_have_been_there(int firstIdlesFor)
    {
        // One idles or works at 10 a second before the other comes; from then on both do the same.
        InstanceTrack Track(string name, int from)
        {
            var track = new InstanceTrack(Report(name, Start.AddSeconds(from), 0), Start.AddSeconds(from));
            for (var second = from + 2; second <= 60; second += 2)
            {
                track.Add(Report(name, Start.AddSeconds(second), Math.Max(0, second - Math.Max(from, firstIdlesFor)) * 10), Start.AddSeconds(second));
            }
            return track;
        }
        var both = FleetPicture.Of(InstanceLoad.From([Track("first", 0), Track("second", 40)], "scaling", Start.AddSeconds(60)), load => load.Module?.PerSecond);

        Fairness.Of(both.Instances!).ShouldSatisfyAllConditions(fair => fair.Index.ShouldBe(1), fair => fair.Sentence.ShouldBe("The work is shared evenly."));
        both.Instances!.Select(load => load.Share).ShouldBe([0.5, 0.5]);
    }

    [Fact]
    public void One_that_came_when_the_work_was_done_is_not_blamed_and_one_that_came_only_now_is_named()
    {
        var worked = new InstanceTrack(Report("worked", Start, 0), Start);
        for (var second = 2; second <= 60; second += 2)
        {
            worked.Add(Report("worked", Start.AddSeconds(second), Math.Min(second, 30) * 100), Start.AddSeconds(second));
        }
        var late = new InstanceTrack(Report("late", Start.AddSeconds(40), 0), Start.AddSeconds(40));
        late.Add(Report("late", Start.AddSeconds(60), 0), Start.AddSeconds(60));
        Fairness.Of([.. InstanceLoad.From([worked, late], "scaling", Start.AddSeconds(60))]).ShouldSatisfyAllConditions(
            unknown => unknown.Index.ShouldBeNull(),
            unknown => unknown.Sentence.ShouldStartWith("Not known yet: 0 tasks ended"));

        var now = new InstanceTrack(Report("now", Start.AddSeconds(58), 0), Start.AddSeconds(58));
        now.Add(Report("now", Start.AddSeconds(60), 0), Start.AddSeconds(60));
        Fairness.Of([.. InstanceLoad.From([worked, now], "scaling", Start.AddSeconds(60))]).Sentence.ShouldBe("Not known yet: now came only now.");
    }

    [Fact]
    public void A_clock_that_is_set_changes_no_rate()
    {
        var track = new InstanceTrack(Report("a", Start, 0), Start);
        for (var second = 2; second <= 60; second += 2)
        {
            var set = second < 30 ? TimeSpan.Zero : TimeSpan.FromHours(-7);
            track.Add(Report("a", Start.AddSeconds(second) + set, second * 10), Start.AddSeconds(second));
        }
        InstanceLoad.From([track], "scaling", Start.AddSeconds(60)).Single().Module!.PerSecond.ShouldBe(10);
    }

    [Fact]
    public void Rates_forget_what_is_older_than_a_minute()
    {
        var track = new InstanceTrack(Report("a", Start, 0), Start);
        for (var second = 2; second <= 120; second += 2)
        {
            // A flood in the first minute, then ten a second.
            track.Add(Report("a", Start.AddSeconds(second), second <= 60 ? second * 100 : 6000 + ((second - 60) * 10)), Start.AddSeconds(second));
        }
        InstanceLoad.From([track], "scaling", Start.AddSeconds(120)).Single().Module!.PerSecond.ShouldBe(10);
    }

    [Fact]
    public void Shares_are_of_what_the_members_did()
    {
        var picture = FleetPicture.Of([Worked("a", 300), Worked("b", 100), Worked("c", 50, state: "stopped")], load => load.Module?.PerSecond);

        picture.Instances!.Select(load => load.Share).ShouldBe([0.75, 0.25, null]);
        FleetPicture.Of([Worked("a", 0)], load => load.Module?.PerSecond).Instances![0].Share.ShouldBeNull("nothing has no shares");
    }

    [Fact]
    public void A_falling_queue_is_gone_in_time_and_sooner_with_one_more()
    {
        // 20 a second are done, 5 come in, 300 are left.
        var flow = QueueFlow.Of(Depths(450, -15, 10), [Worked("a", 600), Worked("b", 600)]);

        flow.Serving!.Value.ShouldBe(20, 0.01);
        flow.Arriving!.Value.ShouldBe(5, 0.01);
        flow.Drain.Kind.ShouldBe(DrainKind.In);
        flow.Drain.After!.Value.TotalSeconds.ShouldBe(20, 0.01);
        flow.OneMore.ShouldBe("One more instance as fast as these would bring it from 20 s to about 12 s.");
    }

    [Fact]
    public void A_growing_queue_is_never_gone_and_says_how_many_instances_it_takes()
    {
        var enough = QueueFlow.Of(Depths(100, 8, 10), [Worked("a", 600)]);
        enough.Drain.Kind.ShouldBe(DrainKind.Never);
        enough.Arriving!.Value.ShouldBe(18, 0.01);
        enough.OneMore.ShouldStartWith("One more instance as fast as these would be enough: it would be gone in about 1 min 30 s");

        var hopeless = QueueFlow.Of(Depths(100, 35, 10), [Worked("a", 600)]);
        hopeless.OneMore.ShouldStartWith("One more instance would not be enough: it takes 4 more");
    }

    [Fact]
    public void Nothing_that_waits_needs_nobody_and_what_is_not_measured_is_not_said()
    {
        QueueFlow.Of(Depths(0, 0, 10), [Worked("a", 600)]).ShouldSatisfyAllConditions(
            flow => flow.Drain.Kind.ShouldBe(DrainKind.Empty),
            flow => flow.Arriving!.Value.ShouldBe(10, 0.01),
            flow => flow.OneMore.ShouldBe("Nothing waits, so one more instance would change nothing."));
        QueueFlow.Of([], []).ShouldSatisfyAllConditions(
            flow => flow.Drain.Kind.ShouldBe(DrainKind.Unknown),
            flow => flow.Arriving.ShouldBeNull(),
            flow => flow.Serving.ShouldBeNull(),
            flow => flow.OneMore.ShouldBe("What one more instance would do is not known yet."));
        QueueFlow.Of([new(Start, 5), new(Start.AddSeconds(9), null)], [Worked("a", 600)]).Drain.Kind.ShouldBe(DrainKind.Unknown);
    }

    private static List<DepthSample> Depths(long first, long perSecond, int seconds) =>
        [.. Enumerable.Range(0, seconds + 1).Select(second => new DepthSample(Start.AddSeconds(50 + second), first + (second * perSecond)))];

    /// <summary>A minute of steady work, reported every 2 s.</summary>
    private static InstanceLoad Worked(string name, long tasks, long busyMs = 0, int limit = 3, int prefetch = 3, int running = 3, string state = "running")
    {
        var track = new InstanceTrack(Report(name, Start, 0, 0, limit, prefetch, running), Start);
        for (var second = 2; second <= 60; second += 2)
        {
            track.Add(Report(name, Start.AddSeconds(second), tasks * second / 60, busyMs * second / 60, limit, prefetch, running, state), Start.AddSeconds(second));
        }
        return InstanceLoad.From([track], "scaling", Start.AddSeconds(60)).Single();
    }

    /// <summary>Ten seconds of work, then nothing more was heard of it.</summary>
    private static InstanceLoad Silent(string name, long tasks)
    {
        var track = new InstanceTrack(Report(name, Start, 0), Start);
        track.Add(Report(name, Start.AddSeconds(10), tasks), Start.AddSeconds(10));
        track.Add(track.Last with { State = "silent" }, Start.AddSeconds(60));
        return InstanceLoad.From([track], "scaling", Start.AddSeconds(60)).Single();
    }

    private static InstanceReport Report(string name, DateTimeOffset at, long done, long busyMs = 0, int limit = 3, int prefetch = 3, int running = 3, string state = "running") =>
        new(name, $"run-of-{name}", "host", 1, "0.1.0", "scaling", null, Start, at, state, running, done, 0)
        {
            ByModule = [new("scaling", limit, prefetch, running, running, new TaskCounts(done, 0, 0, 0, 0, busyMs), [])],
        };
}
