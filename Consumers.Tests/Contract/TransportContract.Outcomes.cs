using System.Text;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

/// <summary>What becomes of a task for each outcome, and of a body that is none.</summary>
public abstract partial class TransportContract
{
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
        await Eventually.TrueAsync(async () => await _harness.ReadyAsync(fleet) == 0, "the work queue is empty");
        // Acknowledged: losing the connection brings nothing back.
        await _harness.BreakConnectionAsync(fleet);
        await PublishAsync(fleet, TestFleet.Task("ok") with { Id = "after-the-break" });
        await fleet.ReachesAsync("after-the-break", TaskState.Completed);
        fleet.Log.Of(task.Id).Count.ShouldBe(1);
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
    public async Task A_body_without_an_id_takes_the_one_of_its_message_and_keeps_it_over_retries()
    {
        await using var fleet = await StartAsync();
        var id = await _harness.PublishAsync(fleet, """{"type":"scripted","payload":{"steps":["retry","ok"]},"tenant":"north"}"""u8.ToArray(), "from-the-envelope");

        var found = await fleet.ReachesAsync(id.ShouldNotBeNull(), TaskState.Completed);

        found.Attempts.Count.ShouldBe(2);
    }
}
