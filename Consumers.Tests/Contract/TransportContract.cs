using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Contract;

/// <summary>
/// What every transport must do, through the whole pipeline and a real ledger. A transport that passes is pluggable: handlers move to it without a change.
/// </summary>
public abstract class TransportContract : IAsyncLifetime
{
    private ITransportHarness _harness = null!;

    protected abstract ValueTask<ITransportHarness> CreateHarnessAsync();

    public async ValueTask InitializeAsync() => _harness = await CreateHarnessAsync();

    public async ValueTask DisposeAsync()
    {
        await _harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Task<TestFleet> StartAsync(Action<ConsumersOptions>? configure = null) => TestFleet.StartAsync(_harness.AddTo, configure);

    private Task PublishAsync(TestFleet fleet, TaskMessage task, IReadOnlyDictionary<string, string>? headers = null) =>
        _harness.PublishAsync(fleet, TaskMessageCodec.Encode(task), task.Id, headers);

    [Fact]
    public async Task A_task_that_succeeds_is_completed_and_acknowledged()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("ok");
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Completed);

        found.Attempts.ShouldHaveSingleItem().Outcome.ShouldBe("success");
        found.Task.WorkerId.ShouldBe("test-1");
        await Eventually.TrueAsync(() => fleet.Stats.Completed == 1, "one task is counted as completed");
        (await _harness.ReadyAsync(fleet)).ShouldBe(0);
        // Acknowledged: losing the connection brings nothing back.
        await _harness.BreakConnectionAsync(fleet);
        await PublishAsync(fleet, TestFleet.Task("ok") with { Id = "after-the-break" });
        await fleet.ReachesAsync("after-the-break", TaskState.Completed);
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_retryable_failure_is_tried_again_until_it_succeeds()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("retry", "throw", "ok");
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Completed);

        found.Attempts.Select(attempt => attempt.Outcome).ShouldBe(["retryable", "exception", "success"]);
        found.Attempts[1].Error.ShouldBe("InvalidOperationException: scripted exception");
        fleet.Log.Of(task.Id).Select(effect => effect.Attempt).ShouldBe([1, 2, 3]);
        found.Task.RetryCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_retry_is_never_early()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 30).Select(_ => TestFleet.Task("retry", "retry", "retry", "ok")).ToArray();
        foreach (var task in tasks)
        {
            await PublishAsync(fleet, task);
        }
        foreach (var task in tasks)
        {
            var found = await fleet.ReachesAsync(task.Id, TaskState.Completed);
            for (var i = 1; i < found.Attempts.Count; i++)
            {
                var due = found.Attempts[i - 1].DueAt.ShouldNotBeNull();
                (due - found.Attempts[i - 1].EndedAt!.Value).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(100 << (i - 1)) - TimeSpan.FromMilliseconds(1), "the backoff is at least the tier");
                found.Attempts[i].StartedAt.ShouldBeGreaterThanOrEqualTo(due - TimeSpan.FromMilliseconds(5));
                fleet.Log.Of(task.Id)[i].At.ShouldBeGreaterThanOrEqualTo(due - TimeSpan.FromMilliseconds(5));
            }
        }
    }

    [Fact]
    public async Task A_wait_beyond_the_longest_tier_is_parked_again_until_it_is_due()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("after:1500", "ok");
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Completed);

        (fleet.Log.Of(task.Id)[1].At - found.Attempts[0].EndedAt!.Value).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(1500));
        found.Attempts.Count.ShouldBe(2);
    }

    [Fact]
    public async Task When_the_retries_are_exhausted_the_task_is_dead_lettered_as_it_came()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.TaskWithRetries(2, "retry");
        await PublishAsync(fleet, task, new Dictionary<string, string> { ["x-tenant"] = "north", ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });

        var found = await fleet.ReachesAsync(task.Id, TaskState.Failed);

        found.Task.DeadReason.ShouldBe("exhausted");
        fleet.Log.Of(task.Id).Count.ShouldBe(3);
        var dead = await TheDeadLetterAsync(fleet);
        dead.MessageId.ShouldBe(task.Id);
        dead.Headers["x-dead-reason"].ShouldBe("exhausted");
        dead.Headers["x-last-error"].ShouldBe("scripted retry");
        dead.Headers["x-attempt"].ShouldBe("3");
        dead.Headers["x-series"].ShouldBe("1");
        dead.Headers["x-consumer-id"].ShouldBe("test-1");
        dead.Headers.Keys.ShouldContain("x-first-failure-at");
        dead.Headers.Keys.ShouldContain("x-origin");
        dead.Headers["x-tenant"].ShouldBe("north");
        dead.Headers["traceparent"].ShouldBe("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        dead.Headers.Keys.ShouldNotContain("x-death");
    }

    [Theory]
    [InlineData("fail", "permanent", "scripted failure")]
    [InlineData("throw-permanent", "permanent", "NotSupportedException: scripted permanent exception")]
    [InlineData("null", "permanent", "the handler returned null instead of an outcome")]
    public async Task A_permanent_failure_is_dead_lettered_at_once(string step, string reason, string error)
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task(step);
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Failed);

        found.Task.ErrorMessage.ShouldBe(error);
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
        var dead = await TheDeadLetterAsync(fleet);
        dead.Headers["x-dead-reason"].ShouldBe(reason);
        dead.Body.ToArray().ShouldBe(TaskMessageCodec.Encode(task));
    }

    [Fact]
    public async Task A_payload_that_does_not_fit_is_a_permanent_failure_that_names_the_path()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("ok") with { Payload = "{\"steps\":[1]}"u8.ToArray() };
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Failed);

        found.Task.ErrorMessage.ShouldNotBeNull().ShouldContain("$.steps[0]");
        fleet.Log.Of(task.Id).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_type_without_a_handler_is_dead_lettered_by_that_name()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("ok") with { Type = "nobody.knows" };
        await PublishAsync(fleet, task);

        var found = await fleet.ReachesAsync(task.Id, TaskState.Failed);

        found.Task.ErrorMessage.ShouldBe("no handler for task type 'nobody.knows'");
        (await TheDeadLetterAsync(fleet)).Headers["x-dead-reason"].ShouldBe("no-handler");
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("{\"id\":\"a\",\"type\":\"scripted\"")]
    [InlineData("{\"id\":\"a\",\"type\":\"scripted\",\"type\":\"other\"}")]
    [InlineData("{\"id\":\"a\",\"type\":7}")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_malformed_body_is_dead_lettered_byte_for_byte_and_stops_nobody(string body)
    {
        await using var fleet = await StartAsync();
        var good = TestFleet.Task("ok");
        await _harness.PublishAsync(fleet, Encoding.UTF8.GetBytes(body), "some-id");
        await PublishAsync(fleet, good);

        await fleet.ReachesAsync(good.Id, TaskState.Completed);

        var dead = await TheDeadLetterAsync(fleet);
        dead.Headers["x-dead-reason"].ShouldBe("malformed");
        dead.Headers["x-last-error"].ShouldNotBeNullOrEmpty();
        dead.Body.ToArray().ShouldBe(Encoding.UTF8.GetBytes(body));
    }

    [Fact]
    public async Task A_body_over_the_cap_is_dead_lettered_as_too_large()
    {
        await using var fleet = await StartAsync(options => options.MaxBodyBytes = 2048);
        var body = TaskMessageCodec.Encode(TestFleet.Task("ok") with { Payload = Encoding.UTF8.GetBytes($"\"{new string('x', 3000)}\"") });
        await _harness.PublishAsync(fleet, body);

        var dead = await TheDeadLetterAsync(fleet);

        dead.Headers["x-dead-reason"].ShouldBe("too-large");
        dead.Body.Length.ShouldBe(body.Length);
    }

    [Fact]
    public async Task A_body_without_an_id_takes_the_message_id_and_keeps_it_over_retries()
    {
        await using var fleet = await StartAsync();
        await _harness.PublishAsync(fleet, """{"type":"scripted","payload":{"steps":["retry","ok"]},"tenant":"north"}"""u8.ToArray(), "from-the-envelope");

        var found = await fleet.ReachesAsync("from-the-envelope", TaskState.Completed);

        found.Attempts.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_delivery_of_a_settled_attempt_runs_nothing()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("ok");
        await PublishAsync(fleet, task);
        await fleet.ReachesAsync(task.Id, TaskState.Completed);

        for (var i = 0; i < 5; i++)
        {
            await PublishAsync(fleet, task);
        }

        await Eventually.TrueAsync(() => fleet.Stats.Duplicates == 5, "five duplicates are counted");
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
        (await _harness.DeadLettersAsync(fleet)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_not_acknowledged_when_the_connection_broke_is_finished_once()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 12).Select(_ => TestFleet.Task("wait")).ToArray();
        foreach (var task in tasks)
        {
            await PublishAsync(fleet, task);
        }
        await Eventually.TrueAsync(() => fleet.Log.Effects.Count >= 3, "three tasks run");

        await _harness.BreakConnectionAsync(fleet);
        fleet.Log.Gate.SetResult();

        foreach (var task in tasks)
        {
            await fleet.ReachesAsync(task.Id, TaskState.Completed);
        }
        await Eventually.TrueAsync(async () => await _harness.ReadyAsync(fleet) == 0, "the work queue is empty");
        tasks.ShouldAllBe(task => fleet.Log.Of(task.Id).Count == 1);
    }

    [Fact]
    public async Task Two_deliveries_of_one_attempt_at_once_run_it_once()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("wait");
        await PublishAsync(fleet, task);
        await PublishAsync(fleet, task);
        await Eventually.TrueAsync(() => fleet.Stats.Parked >= 1, "the second delivery waits");

        fleet.Log.Gate.SetResult();

        await fleet.ReachesAsync(task.Id, TaskState.Completed);
        await Eventually.TrueAsync(() => fleet.Stats.Duplicates >= 1, "the second delivery finds it settled");
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Headers_cannot_buy_more_attempts_nor_break_anything()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.TaskWithRetries(1, "retry");
        var hostile = new Dictionary<string, string>
        {
            ["x-attempt"] = "-99999999999999999999",
            ["x-series"] = "∞",
            ["x-due-at"] = "yesterday, probably",
            ["x-first-failure-at"] = "9999-99-99",
            ["x-last-error"] = new string('e', 5000),
            ["x-origin"] = "a\r\nb",
            ["x-dead-reason"] = "none",
        };
        await PublishAsync(fleet, task, hostile);
        await PublishAsync(fleet, TestFleet.Task("retry") with { Id = "too-many", RetryCount = 90, MaxRetries = 5 }, hostile);

        await fleet.ReachesAsync(task.Id, TaskState.Failed);
        await fleet.ReachesAsync("too-many", TaskState.Failed);

        fleet.Log.Of(task.Id).Count.ShouldBe(2);
        fleet.Log.Of("too-many").ShouldBeEmpty();
        await Eventually.TrueAsync(async () => (await _harness.DeadLettersAsync(fleet)).Count == 2, "both are dead-lettered");
        (await _harness.DeadLettersAsync(fleet)).ShouldAllBe(dead => dead.Headers["x-dead-reason"] == "exhausted");
    }

    [Fact]
    public async Task Status_events_follow_the_ledger_in_rising_sequence()
    {
        await using var fleet = await StartAsync();
        var task = TestFleet.Task("retry", "ok");
        await PublishAsync(fleet, task);
        await fleet.ReachesAsync(task.Id, TaskState.Completed);

        await Eventually.TrueAsync(() => _harness.Statuses.Count(status => status.Id == task.Id) == 4, "four transitions are announced");
        var events = _harness.Statuses.Where(status => status.Id == task.Id).OrderBy(status => status.Seq).ToArray();
        events.Select(status => status.Status).ShouldBe(["PROCESSING", "RETRYING", "PROCESSING", "COMPLETED"]);
        events.Select(status => status.Attempt).ShouldBe([1, 1, 2, 2]);
        events.Select(status => status.Seq).Distinct().Count().ShouldBe(4);
        events[1].Error.ShouldBe("scripted retry");
    }

    [Fact]
    public async Task A_handler_that_hangs_times_out_and_is_tried_again()
    {
        await using var fleet = await StartAsync(options =>
        {
            options.Handlers.Timeout = TimeSpan.FromMilliseconds(150);
            options.Handlers.CancellationGrace = TimeSpan.FromMilliseconds(100);
        });
        var polite = TestFleet.TaskWithRetries(1, "wait", "ok");
        var stubborn = TestFleet.TaskWithRetries(1, "ignore-cancellation", "ok");
        var blocking = TestFleet.TaskWithRetries(1, "block", "ok");
        await PublishAsync(fleet, polite);
        await PublishAsync(fleet, stubborn);
        await PublishAsync(fleet, blocking);

        (await fleet.ReachesAsync(polite.Id, TaskState.Completed)).Attempts[0].Error.ShouldNotBeNull().ShouldStartWith("timed out after 00:00:00.15");
        (await fleet.ReachesAsync(stubborn.Id, TaskState.Completed)).Attempts[0].Error.ShouldNotBeNull().ShouldContain("ignores its cancellation");
        (await fleet.ReachesAsync(blocking.Id, TaskState.Completed)).Attempts[0].Outcome.ShouldBe("timeout");
    }

    [Fact]
    public async Task Draining_finishes_what_runs_and_hands_back_the_rest()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 20).Select(_ => TestFleet.Task("wait")).ToArray();
        foreach (var task in tasks)
        {
            await PublishAsync(fleet, task);
        }
        await Eventually.TrueAsync(() => fleet.Log.Effects.Count >= 3, "three tasks run");

        var stopping = fleet.StopAsync();
        fleet.Log.Gate.SetResult();
        await stopping;

        var begun = fleet.Log.Effects.Select(effect => effect.Id).ToHashSet();
        begun.Count.ShouldBeLessThan(20);
        foreach (var task in tasks)
        {
            var found = await fleet.Queries.FindAsync(task.Id, CancellationToken.None);
            (found?.Task.State).ShouldBe(begun.Contains(task.Id) ? TaskState.Completed : null);
        }
    }

    [Fact]
    public async Task What_a_drain_interrupts_costs_no_attempt()
    {
        using var folder = new TempFolder();
        var task = TestFleet.Task("wait");
        await using (var first = await TestFleet.StartAsync(_harness.AddTo, options => options.DrainTimeout = TimeSpan.FromMilliseconds(100), folder))
        {
            await PublishAsync(first, task);
            await Eventually.TrueAsync(() => first.Log.Of(task.Id).Count == 1, "it runs");
            await first.StopAsync();
            var found = (await first.Queries.FindAsync(task.Id, CancellationToken.None)).ShouldNotBeNull();
            found.Task.State.ShouldBe(TaskState.Queued);
            found.Task.RetryCount.ShouldBe(0);
        }
    }

    [Fact]
    public async Task Tasks_accepted_as_rows_are_published_by_the_relay()
    {
        await using var fleet = await StartAsync();
        var tasks = Enumerable.Range(0, 300).Select(_ => TestFleet.Task("ok")).ToArray();
        var results = await fleet.Services.GetRequiredService<ITaskLedger>().EnqueueAsync("rabbit", tasks, TestContext.Current.CancellationToken);
        results.ShouldAllBe(result => result == EnqueueResult.Accepted);

        fleet.Services.GetRequiredService<PublishRelay>().Offer("rabbit", tasks);

        foreach (var task in tasks)
        {
            (await fleet.ReachesAsync(task.Id, TaskState.Completed)).AwaitsPublishing.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Unknown_members_survive_a_retry()
    {
        await using var fleet = await StartAsync();
        var body = """{"id":"with-more","type":"scripted","payload":{"steps":["retry"]},"maxRetries":1,"tenant":{"name":"north"}}"""u8.ToArray();
        await _harness.PublishAsync(fleet, body);

        await fleet.ReachesAsync("with-more", TaskState.Failed);

        var dead = await TheDeadLetterAsync(fleet);
        using var json = JsonDocument.Parse(dead.Body);
        json.RootElement.GetProperty("tenant").GetProperty("name").GetString().ShouldBe("north");
        json.RootElement.GetProperty("retryCount").GetInt32().ShouldBe(1);
    }

    private async Task<SeenMessage> TheDeadLetterAsync(TestFleet fleet)
    {
        IReadOnlyList<SeenMessage> dead = [];
        await Eventually.TrueAsync(async () => (dead = await _harness.DeadLettersAsync(fleet)).Count > 0, "there is a dead letter");
        return dead.ShouldHaveSingleItem();
    }
}
