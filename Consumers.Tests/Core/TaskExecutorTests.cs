using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Core;

/// <summary>The cases that no broker and no ledger bring about at will: a stale epoch, a suspect, a broker that confirms late, a guard with a fault.</summary>
public sealed partial class TaskExecutorTests : IDisposable
{
    private readonly ScriptedGuard _guard = new();
    private readonly ScriptLog _log = new();
    private readonly RecordingStatus _status = new();
    private readonly ServiceProvider _services;
    private readonly TaskExecutor _executor;

    public TaskExecutorTests()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("CONSUMER_ID", "test-1")]).Build());
        services.AddSingleton<IHostApplicationLifetime, NeverStopping>();
        services.AddLogging(logging => logging.AddProvider(new TestOutputLogs()));
        services.AddSingleton(_log);
        services.AddSingleton<IAttemptGuard>(_guard);
        services.AddTaskConsumers().AddHandler<ScriptedHandler>();
        _services = services.BuildServiceProvider();
        _executor = _services.GetRequiredService<TaskExecutorFactory>().Create("rabbit", GuardMode.Ledger, _status);
    }

    private ModuleStats Stats => _services.GetRequiredService<PipelineStats>().For("rabbit");

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task An_outcome_with_a_stale_epoch_settles_nothing_and_asks_again()
    {
        var task = TestFleet.Task("ok");
        _guard.Begins.Enqueue(_ => Begun(task, epoch: 1));
        _guard.Begins.Enqueue(_ => new AttemptBegin.AlreadySettled(new AttemptKey(task.Id, 1, 1), Settlement.Ack.Instance, null));
        _guard.Accepts = false;
        var delivery = new FakeDelivery(task);

        await _executor.ExecuteAsync(delivery);

        delivery.Settlements.ShouldBe([Settlement.Ack.Instance]);
        Stats.Stale.ShouldBe(1);
        Stats.Completed.ShouldBe(0, "another owner counts it");
        _status.Events.ShouldNotContain(status => status.Status == "COMPLETED");
    }

    [Fact]
    public async Task A_delivery_knows_its_task_and_how_long_that_may_be_in_hand()
    {
        var task = TestFleet.Task("ok");
        _guard.Begins.Enqueue(_ => Begun(task, epoch: 1));
        var delivery = new FakeDelivery(task);

        await _executor.ExecuteAsync(delivery);

        delivery.TaskId.ShouldBe(task.Id);
        delivery.InHandLimit.ShouldBe(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(5), "the handler's timeout and its grace");
    }

    [Fact]
    public async Task A_failure_with_a_stale_epoch_is_no_error_of_this_instance()
    {
        var task = TestFleet.Task("fail");
        _guard.Begins.Enqueue(_ => Begun(task, epoch: 1));
        _guard.Begins.Enqueue(_ => new AttemptBegin.AlreadySettled(new AttemptKey(task.Id, 1, 1), Settlement.Ack.Instance, null));
        _guard.Accepts = false;

        await _executor.ExecuteAsync(new FakeDelivery(task));

        Stats.LastError.ShouldBeNull();

        var other = TestFleet.Task("fail");
        _guard.Begins.Enqueue(_ => Begun(other, epoch: 1));
        _guard.Accepts = true;
        await _executor.ExecuteAsync(new FakeDelivery(other));
        Stats.LastError.ShouldNotBeNull().TaskId.ShouldBe(other.Id);
    }

    [Fact]
    public async Task What_is_no_task_is_counted_when_it_is_acknowledged_and_not_when_it_was_lost()
    {
        var delivery = new FakeDelivery("no task"u8.ToArray()) { IsLost = true };

        await _executor.ExecuteAsync(delivery);

        delivery.Settlements.ShouldHaveSingleItem().ShouldBeOfType<Settlement.DeadLetter>().Reason.ShouldBe(DeadReason.Malformed);
        Stats.Dead.ShouldBe(0);

        await _executor.ExecuteAsync(new FakeDelivery("no task"u8.ToArray()));

        Stats.Dead.ShouldBe(1);
    }

    [Fact]
    public async Task A_suspect_waits_until_it_is_alone_and_is_asked_for_as_such()
    {
        var (innocent, suspect) = (TestFleet.Task("wait"), TestFleet.Task("ok"));
        _guard.Begins.Enqueue(_ => Begun(innocent, 1));
        var running = _executor.ExecuteAsync(new FakeDelivery(innocent));
        await Eventually.TrueAsync(() => _log.Of(innocent.Id).Count == 1, "the innocent runs");
        _guard.Begins.Enqueue(_ => AttemptBegin.Suspect.Instance);
        _guard.Begins.Enqueue(request => request.Solitary ? Begun(suspect, 2) : throw new InvalidOperationException("not alone"));
        var delivery = new FakeDelivery(suspect);

        var alone = _executor.ExecuteAsync(delivery);
        await Eventually.TrueAsync(() => _guard.Begins.Count == 1, "it is known as a suspect");
        _log.Of(suspect.Id).ShouldBeEmpty();
        _log.Gate.SetResult();
        await Task.WhenAll(running.AsTask(), alone.AsTask());

        _log.Of(suspect.Id).Count.ShouldBe(1);
        delivery.Settlements.ShouldBe([Settlement.Ack.Instance]);
    }

    [Fact]
    public async Task What_is_owed_is_published_until_it_is_confirmed_and_acknowledged_once()
    {
        var task = TestFleet.Task("retry");
        _guard.Begins.Enqueue(_ => Begun(task, 1));
        var delivery = new FakeDelivery(task) { Refusals = 3 };

        await _executor.ExecuteAsync(delivery);

        delivery.Tries.ShouldBe(4);
        delivery.Settlements.ShouldHaveSingleItem().ShouldBeOfType<Settlement.Retry>().RetryCount.ShouldBe(1);
        _guard.Paid.ShouldBe([new AttemptKey(task.Id, 1, 1)]);
        _status.Events.Select(status => status.Status).ShouldBe(["PROCESSING", "RETRYING"], "the event is not repeated with every try");
    }

    [Fact]
    public async Task A_debt_of_a_settled_attempt_is_paid_with_its_first_due_time_and_nothing_runs()
    {
        var task = TestFleet.Task("ok");
        var due = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        _guard.Begins.Enqueue(_ => new AttemptBegin.AlreadySettled(new AttemptKey(task.Id, 1, 1), new Settlement.Retry(due, 1, "as before"), null));
        var delivery = new FakeDelivery(task);

        await _executor.ExecuteAsync(delivery);

        _log.Effects.ShouldBeEmpty();
        delivery.Onward.ShouldNotBeNull().Headers.ShouldContain(new KeyValuePair<string, string>("x-due-at", "2030-01-01T00:00:00.000Z"));
        _guard.Paid.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_fault_of_the_guard_itself_hands_the_delivery_back()
    {
        _guard.Begins.Enqueue(_ => throw new InvalidOperationException("scripted fault"));
        var delivery = new FakeDelivery(TestFleet.Task("ok"));

        await _executor.ExecuteAsync(delivery);

        delivery.Settlements.ShouldBe([Settlement.HandBack.Instance]);
        _log.Effects.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_task_of_a_paused_type_is_parked_as_it_is_before_its_attempt_begins()
    {
        await PauseAsync("scripted");
        var task = TestFleet.Task("ok") with { RetryCount = 2 };
        var delivery = new FakeDelivery(task);

        await _executor.ExecuteAsync(delivery);

        delivery.Settlements.ShouldHaveSingleItem().ShouldBeOfType<Settlement.Park>();
        var onward = delivery.Onward.ShouldNotBeNull();
        TaskMessageCodec.Decode(onward.Body, null, 5, out _).ShouldNotBeNull().RetryCount.ShouldBe(2);
        onward.Delay.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2.4));
        _log.Effects.ShouldBeEmpty();
        (Stats.Paused, Stats.Parked).ShouldBe((1, 1));
    }

    [Fact]
    public async Task What_is_parked_goes_on_byte_for_byte_unless_its_id_came_from_outside_of_it()
    {
        await PauseAsync("scripted");
        var asItCame = new FakeDelivery("""{ "type":"scripted" , "id":"a", "more":1.0, "payload": {"steps":["ok"]} }"""u8.ToArray());
        await _executor.ExecuteAsync(asItCame);
        asItCame.Onward.ShouldNotBeNull().Body.ToArray().ShouldBe(asItCame.Body.ToArray());

        var without = new FakeDelivery("""{"type":"scripted","payload":{"steps":["ok"]}}"""u8.ToArray()) { Fallback = "topic:0:7" };
        await _executor.ExecuteAsync(without);
        TaskMessageCodec.Decode(without.Onward.ShouldNotBeNull().Body, null, 5, out _).ShouldNotBeNull().Id.ShouldBe("topic:0:7");
    }

    [Fact]
    public async Task A_pause_of_another_type_or_module_changes_nothing()
    {
        await PauseAsync("other");
        await _services.GetRequiredService<IPauses>().PauseAsync(new PauseOrder("kafka", null, "a test", null), default);
        var task = TestFleet.Task("ok");
        _guard.Begins.Enqueue(_ => Begun(task, 1));
        var delivery = new FakeDelivery(task);

        await _executor.ExecuteAsync(delivery);

        delivery.Settlements.ShouldBe([Settlement.Ack.Instance]);
    }

    [Fact]
    public async Task What_waits_for_a_suspect_when_its_module_is_paused_does_not_begin()
    {
        var (suspect, other) = (TestFleet.Task("wait"), TestFleet.Task("ok"));
        _guard.Begins.Enqueue(_ => AttemptBegin.Suspect.Instance);
        _guard.Begins.Enqueue(_ => Begun(suspect, 1));
        var running = _executor.ExecuteAsync(new FakeDelivery(suspect));
        await Eventually.TrueAsync(() => _log.Of(suspect.Id).Count == 1, "the suspect runs alone");
        var delivery = new FakeDelivery(other);
        var waiting = _executor.ExecuteAsync(delivery);
        await PauseAsync(null);

        _log.Gate.SetResult();
        await Task.WhenAll(running.AsTask(), waiting.AsTask());

        delivery.Settlements.ShouldHaveSingleItem().ShouldBeOfType<Settlement.Park>();
        _log.Of(other.Id).ShouldBeEmpty();
    }

    private ValueTask<PauseChange> PauseAsync(string? type) => _services.GetRequiredService<IPauses>().PauseAsync(new PauseOrder("rabbit", type, "a test", null), default);

    private static AttemptBegin.Begun Begun(TaskMessage task, long epoch) => new(new AttemptKey(task.Id, 1, 1), epoch, Seq: epoch);
}
