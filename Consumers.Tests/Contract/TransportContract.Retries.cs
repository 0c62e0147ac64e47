using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

/// <summary>When a task is tried again, how often, and what travels with it.</summary>
public abstract partial class TransportContract
{
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
}
