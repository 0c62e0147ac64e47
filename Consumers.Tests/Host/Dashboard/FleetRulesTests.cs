using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Findings;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Tests.Host.Dashboard;

public sealed class FleetRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DependencyState Up = new("RabbitMQ", DependencyHealth.Up, Now, "Connected.");
    private static readonly ModuleFacts Rabbit = new("rabbit", Up, "task-execution-queue", 0, 1, 0, 0, []);
    private static readonly ModuleFacts Kafka = new("kafka", Up with { Name = "Kafka" }, "task-execution", 0, 1, 0, 0, []);
    private static readonly FleetFacts Well = new() { Now = Now, Dependencies = [Up], Modules = [Rabbit, Kafka], Instances = new([Instance("consumer-1")], null), Dead = 0 };

    private readonly FakeTime _time = new();

    [Fact]
    public void All_is_well_when_no_rule_says_otherwise()
    {
        FleetRules.Judge(Well).ShouldBeEmpty();
        new FleetNow(Well, []).Sentence.ShouldBe("All well. 1 instance running, nothing waits.");
        new FleetNow(Well, []).Look.ShouldBe("well");
    }

    [Fact]
    public void A_broker_that_is_away_is_said_with_the_time_and_leads_to_its_page()
    {
        var away = Up with { Health = DependencyHealth.Down, Since = Now.AddSeconds(-40), Description = "Connection refused." };

        var now = See(Well with { Dependencies = [away], Modules = [Rabbit with { Connection = away, Consumers = 0, Ready = null }, Kafka] });

        now.Sentence.ShouldBe("RabbitMQ has been away for 40 s: Connection refused.");
        (now.Look, now.Href).ShouldBe(("bad", "/rabbit"));
        now.Findings.ShouldHaveSingleItem("that nobody consumes is no news then");
    }

    [Fact]
    public void A_dependency_that_is_no_modules_is_shown_on_the_first_page() =>
        FleetRules.Judge(Well with { Dependencies = [new("ledger", DependencyHealth.Degraded, Now, "It is full.")] }).Single().ShouldBe(
            new Finding("dependency:ledger", Severity.Warn, "ledger has been degraded", "It is full.", "/#dependencies", Now));

    [Fact]
    public void Partitions_without_an_owner_are_said_when_a_rebalance_should_be_over()
    {
        var tracker = new FindingTracker(_time);
        var facts = Well with { Modules = [Kafka with { Orphans = 3, Consumers = 0 }] };
        tracker.Take([.. FleetRules.Judge(facts)]).ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(40));

        var standing = tracker.Take([.. FleetRules.Judge(facts)]).ShouldHaveSingleItem();

        standing.Words(_time.GetUtcNow()).ShouldBe("Kafka: 3 partitions have had no owner for 40 s.");
        (standing.Finding.Severity, standing.Finding.Href).ShouldBe((Severity.Bad, "/kafka"));
    }

    [Fact]
    public void A_queue_that_nobody_consumes_is_bad_when_tasks_wait_in_it()
    {
        One(Well with { Modules = [Rabbit with { Consumers = 0 }] }).Severity.ShouldBe(Severity.Warn);
        var waiting = One(Well with { Modules = [Rabbit with { Consumers = 0, Ready = 12 }] });
        (waiting.Severity, waiting.Text).ShouldBe((Severity.Bad, "Rabbit: nobody has consumed task-execution-queue: 12 tasks wait"));
        FleetRules.Judge(Well with { Modules = [Rabbit with { Consumers = null, Ready = null }] }).ShouldBeEmpty("unknown is not zero");
    }

    [Fact]
    public void A_backlog_that_does_not_shrink_is_said_unless_its_module_is_paused()
    {
        var facts = Well with { Throughput = new(1, 0, 170, new(DrainKind.Never, null)) };

        One(facts).Text.ShouldBe("The backlog has not shrunk: 170 tasks wait; add an instance");
        One(facts with { Pauses = new([new Pause("rabbit", null, Now, "anna", null)]) }).Key.ShouldBe("pause:rabbit");
    }

    [Fact]
    public void A_silent_instance_is_named_and_a_stopped_one_is_no_news()
    {
        One(Well with { Instances = new([Instance("consumer-1"), Instance("consumer-2", InstanceStates.Silent)], null) }).Text.ShouldStartWith("Instance consumer-2 has been silent");
        FleetRules.Judge(Well with { Instances = new([Instance("consumer-1"), Instance("consumer-2", InstanceStates.Stopped)], null) }).ShouldBeEmpty();
        One(Well with { Instances = new(null, "the register did not answer.") }).Text.ShouldBe("Nobody has known which instances run: the register did not answer");
    }

    [Fact]
    public void Low_fairness_is_said_with_its_cause() =>
        One(Well with { Fairness = new(0.7, "consumer-2 is slow.") }).Text.ShouldBe("The work has not been shared evenly: consumer-2 is slow");

    [Fact]
    public void An_open_breaker_is_said_with_the_error() =>
        One(Well with { Modules = [Rabbit with { Breakers = [new TypePause("rabbit", "email", Now, 8, 10, Now, false, 0, "no route to host")] }] })
            .Text.ShouldBe("Rabbit: task type email has not run here: 8 of 10 attempts failed (no route to host); it is tried again by itself");

    [Fact]
    public void A_paused_module_is_said_with_who_and_why_and_a_paused_type_is_only_a_note()
    {
        One(Well with { Modules = [Rabbit with { Ready = 1 }], Pauses = new([new Pause("rabbit", null, Now, "anna", "deploying")]) })
            .Text.ShouldBe("Rabbit has been paused by anna (deploying): 1 task waits until somebody resumes it");
        var type = Well with { Pauses = new([new Pause("rabbit", "email", Now, "anna", null)]) };
        One(type).Severity.ShouldBe(Severity.Note);
        See(type).Sentence.ShouldStartWith("All well.");
    }

    [Theory]
    [InlineData(995, 5, false)]
    [InlineData(900, 100, true)]
    [InlineData(0, 4, false)]
    public void Failures_are_said_when_they_are_more_than_the_objective_allows_and_no_single_cases(long completed, long failed, bool isSaid)
    {
        var lately = new FigurePoint(Now, completed, failed, 0, 0, 0, DurationSpread.None, DurationSpread.None, 1);

        FleetRules.Judge(Well with { Lately = lately }).Any(finding => finding.Key == "failures").ShouldBe(isSaid);
    }

    [Fact]
    public void Counts_that_are_behind_are_said() => One(Well with { Behind = new(Now, 12, 0, "Redis is away.") }).Text.ShouldBe("Counts of this instance have been behind: Redis is away; 12 tasks wait to be counted");

    [Fact]
    public void The_worst_comes_first_and_the_others_are_counted()
    {
        var now = See(Well with
        {
            Dependencies = [Up with { Name = "Redis", Health = DependencyHealth.Degraded, Since = Now.AddHours(-1), Description = "Slow." }, Up with { Health = DependencyHealth.Down, Since = Now.AddSeconds(-5), Description = "Refused." }],
        });

        now.Sentence.ShouldBe("RabbitMQ has been away for 5.0 s: Refused. And 1 more.");
    }

    [Fact]
    public void What_was_over_for_a_moment_begins_anew()
    {
        var tracker = new FindingTracker(_time);
        Finding[] found = [new("a", Severity.Warn, "a", null, "/", After: TimeSpan.FromSeconds(10))];
        tracker.Take(found);
        _time.Advance(TimeSpan.FromSeconds(9));
        tracker.Take([]);
        tracker.Take(found);
        _time.Advance(TimeSpan.FromSeconds(9));

        tracker.Take(found).ShouldBeEmpty();
        _time.Set(TimeSpan.FromHours(5));
        tracker.Take(found).ShouldBeEmpty("a clock that is set is no time that passed");
        _time.Advance(TimeSpan.FromSeconds(1));
        tracker.Take(found).ShouldHaveSingleItem().Since.ShouldBe(_time.GetUtcNow().AddSeconds(-10));
    }

    private static Finding One(FleetFacts facts) => FleetRules.Judge(facts).ShouldHaveSingleItem();

    private static FleetNow See(FleetFacts facts) => new(facts, new FindingTracker(new FakeTime()).Take([.. FleetRules.Judge(facts)]));

    private static InstanceReport Instance(string name, string state = InstanceStates.Running) =>
        new(name, name, "host", 1, "1", "rabbit", null, Now, Now, state, 0, 0, 0);
}
