using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Faults;

/// <summary>The network between an instance and its broker, broken where it hurts most. Each test says that its fault landed.</summary>
public sealed class NetworkTests : IAsyncLifetime
{
    private RabbitBroker _broker = null!;
    private AmqpProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await RabbitBroker.ConnectAsync();
        _proxy = AmqpProxy.Start(new Uri(_broker.Url));
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    [Trait("Set", "quick")]
    public async Task Acks_that_never_arrive_lead_to_redeliveries_and_to_no_second_effect()
    {
        var acked = 0L;
        var isSwallowing = true;
        _proxy.OnMethod = frame =>
        {
            if (!frame.FromClient || frame.Method != AmqpMethod.BasicAck || !Volatile.Read(ref isSwallowing))
            {
                return AmqpVerdict.Forward;
            }
            Interlocked.Increment(ref acked);
            return AmqpVerdict.Swallow;
        };
        await using var fleet = await StartAsync(options => options.Prefetch = 200);
        var ids = await PublishAsync(100, "ok");
        await Eventually.TrueAsync(() => fleet.Stats.Completed == 100, "all are done, and their acks are lost");
        Volatile.Read(ref acked).ShouldBeGreaterThan(0);
        fleet.Stats.Duplicates.ShouldBe(0);

        Volatile.Write(ref isSwallowing, false);
        _proxy.ResetAll().ShouldBe(2);
        await Eventually.TrueAsync(() => fleet.Stats.Duplicates >= 100, "all 100 are delivered again");

        await Eventually.TrueAsync(async () => await _broker.ReadyAsync(_broker.WorkQueue) == 0, "and acknowledged");
        fleet.Stats.Duplicates.ShouldBe(100);
        fleet.Stats.Completed.ShouldBe(100);
        ids.ShouldAllBe(id => fleet.Log.Of(id).Count == 1);
        await AcknowledgedAsync(fleet);
    }

    [Fact]
    public async Task A_network_that_is_gone_without_a_word_is_found_by_the_heartbeat()
    {
        await using var fleet = await StartAsync(options => options.Heartbeat = TimeSpan.FromSeconds(2));
        var before = _proxy.Connections;
        _proxy.IsBlackHole = true;
        await Eventually.TrueAsync(() => fleet.Services.GetServices<IDependency>().Any(dependency => dependency.State.Name == "RabbitMQ" && dependency.State.Health != DependencyHealth.Up), "the silence is noticed");
        _proxy.IsBlackHole = false;

        var ids = await PublishAsync(50, "ok");
        await DoneOnceAsync(fleet, ids);
        _proxy.Connections.ShouldBeGreaterThan(before, "it connected anew");
    }

    [Fact]
    public async Task One_byte_at_a_time_is_slow_and_otherwise_nothing()
    {
        _proxy.IsSlicing = true;
        await using var fleet = await StartAsync();
        var ids = await PublishAsync(20, "retry", "ok");
        foreach (var id in ids)
        {
            await fleet.ReachesAsync(id, TaskState.Completed);
            fleet.Log.Of(id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        }
        _proxy.Connections.ShouldBe(2, "no connection was lost for it");
    }

    [Theory]
    [InlineData(true, AmqpVerdict.CutBefore)]
    [InlineData(true, AmqpVerdict.CutAfter)]
    [InlineData(false, AmqpVerdict.CutBefore)]
    public async Task A_cut_at_a_publish_or_at_its_confirm_loses_no_retry_and_doubles_none(bool atPublish, AmqpVerdict verdict)
    {
        var cuts = 0;
        _proxy.OnMethod = frame =>
            frame.FromClient == atPublish && frame.Method == (atPublish ? AmqpMethod.BasicPublish : AmqpMethod.BasicAck) && Interlocked.Increment(ref cuts) is 5 or 15 or 30
                ? verdict
                : AmqpVerdict.Forward;
        await using var fleet = await StartAsync();

        var ids = await PublishAsync(40, "retry", "ok");

        foreach (var id in ids)
        {
            var found = await fleet.ReachesAsync(id, TaskState.Completed);
            found.Attempts.Count(attempt => attempt.Outcome is not null).ShouldBe(2);
            fleet.Log.Of(id).Select(effect => effect.Attempt).ShouldBe([1, 2], $"each attempt of {id} ran once");
        }
        Volatile.Read(ref cuts).ShouldBeGreaterThanOrEqualTo(30);
        _proxy.Connections.ShouldBeGreaterThanOrEqualTo(5, "three cuts, three new connections");
        _broker.DeadLetters.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AmqpVerdict.CutBefore)]
    [InlineData(AmqpVerdict.CutAfter)]
    public async Task A_cut_before_or_after_an_ack_leads_to_no_second_effect(AmqpVerdict verdict)
    {
        var acks = 0;
        _proxy.OnMethod = frame =>
            frame.FromClient && frame.Method == AmqpMethod.BasicAck && Interlocked.Increment(ref acks) is 3 or 8 or 15 ? verdict : AmqpVerdict.Forward;
        // So few at a time that acks are hardly combined.
        await using var fleet = await StartAsync(options => options.Prefetch = 2);

        var ids = await PublishAsync(60, "ok");

        await DoneOnceAsync(fleet, ids);
        Volatile.Read(ref acks).ShouldBeGreaterThanOrEqualTo(15);
        if (verdict == AmqpVerdict.CutBefore)
        {
            // Done, and not acknowledged: what comes again is recognized.
            await Eventually.TrueAsync(() => fleet.Stats.Duplicates >= 3, "each cut led to a redelivery at least", TimeSpan.FromSeconds(60));
        }
        await AcknowledgedAsync(fleet);
    }

    [Fact]
    public async Task Confirms_that_never_come_cost_the_connection_and_no_retry()
    {
        var (victim, swallowed) = (0, 0);
        _proxy.OnMethod = frame =>
        {
            if (frame.FromClient || frame.Method != AmqpMethod.BasicAck)
            {
                return AmqpVerdict.Forward;
            }
            Interlocked.CompareExchange(ref victim, frame.Connection, 0);
            if (frame.Connection != victim)
            {
                return AmqpVerdict.Forward;
            }
            Interlocked.Increment(ref swallowed);
            return AmqpVerdict.Swallow;
        };
        await using var fleet = await StartAsync(options => options.ConfirmTimeout = TimeSpan.FromSeconds(2));

        var ids = await PublishAsync(20, "retry", "ok");

        foreach (var id in ids)
        {
            await fleet.ReachesAsync(id, TaskState.Completed);
            fleet.Log.Of(id).Select(effect => effect.Attempt).ShouldBe([1, 2], "the second copy of a retry is recognized");
        }
        Volatile.Read(ref swallowed).ShouldBeGreaterThan(0);
        _proxy.Connections.ShouldBeGreaterThanOrEqualTo(3);
        await AcknowledgedAsync(fleet);
    }

    [Theory]
    [InlineData(AmqpVerdict.CutBefore)]
    [InlineData(AmqpVerdict.CutAfter)]
    public async Task A_cut_in_the_middle_of_subscribing_leaves_no_half_built_consumer(AmqpVerdict verdict)
    {
        var subscriptions = 0;
        _proxy.OnMethod = frame => frame.FromClient && frame.Method == AmqpMethod.BasicConsume && Interlocked.Increment(ref subscriptions) <= 2 ? verdict : AmqpVerdict.Forward;

        await using var fleet = await StartAsync();
        await DoneOnceAsync(fleet, await PublishAsync(20, "ok"));

        subscriptions.ShouldBeGreaterThanOrEqualTo(3);
    }

    /// <summary>Without the archivist, whose connection would be one more in every count.</summary>
    private Task<TestFleet> StartAsync(Action<RabbitOptions>? configure = null) => TestFleet.StartAsync(
        consumers => consumers.AddRabbit(options =>
        {
            _broker.Configure(options);
            options.Url = _proxy.Url.ToString();
            configure?.Invoke(options);
        }),
        options => options.DeadLetters.Archive = false);

    /// <summary>From outside, around the proxy, as soon as the queue is there.</summary>
    private async Task<IReadOnlyList<string>> PublishAsync(int count, params string[] steps)
    {
        await _broker.UntilDeclaredAsync();
        var tasks = Enumerable.Range(0, count).Select(_ => TestFleet.Task(steps)).ToArray();
        await Task.WhenAll(tasks.Select(task => _broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        return [.. tasks.Select(task => task.Id)];
    }

    private static async Task DoneOnceAsync(TestFleet fleet, IReadOnlyList<string> ids)
    {
        foreach (var id in ids)
        {
            await fleet.ReachesAsync(id, TaskState.Completed);
            fleet.Log.Of(id).Count.ShouldBe(1);
        }
    }

    /// <summary>Stopped, it leaves nothing behind.</summary>
    private async Task AcknowledgedAsync(TestFleet fleet)
    {
        await fleet.StopAsync();
        (await _broker.ReadyAsync(_broker.WorkQueue)).ShouldBe(0);
    }
}
