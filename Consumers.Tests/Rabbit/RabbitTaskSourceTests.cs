using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitTaskSourceTests
{
    [Theory]
    [InlineData(1, RabbitQueueType.Quorum)]
    [InlineData(2, RabbitQueueType.Quorum)]
    [InlineData(1, RabbitQueueType.Classic)]
    public async Task Every_task_is_delivered_once_and_acked(int lanes, RabbitQueueType type)
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.Lanes, options.QueueType) = (lanes, type));
        var module = rabbit.Module();
        var seen = new ConcurrentDictionary<string, int>();
        var random = new Random(7);
        using var source = rabbit.Source(module, async delivery =>
        {
            int wait;
            lock (random)
            {
                wait = random.Next(3);
            }
            if (wait > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(wait), TimeProvider.System);
            }
            seen.AddOrUpdate(delivery.FallbackId!, 1, (_, count) => count + 1);
            (await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None)).ShouldBeTrue();
        });
        await source.StartAsync(CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
        await Eventually.TrueAsync(() => seen.Count == 1000, "all tasks are seen");
        (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes.Count.ShouldBe(lanes);
        await source.StopAsync(CancellationToken.None);
        seen.Values.ShouldAllBe(count => count == 1);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task A_settled_task_behind_a_slow_one_is_acked_all_the_same()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = rabbit.Module();
        var slow = new TaskCompletionSource();
        var quick = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            if (delivery.FallbackId == "slow")
            {
                await slow.Task;
            }
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            Interlocked.Increment(ref quick);
        });
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task("slow"), CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
        await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes is [{ Unacked: 1, Running: 1 }], "only the slow one is unacknowledged");
        slow.SetResult();
        await source.StopAsync(CancellationToken.None);
        quick.ShouldBe(2);
    }

    [Fact]
    public async Task Concurrency_and_prefetch_follow_the_backlog()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.MinConcurrency, options.MaxConcurrency) = (2, 8));
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var running = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            Interlocked.Increment(ref running);
            await gate.Task;
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        });
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 8, "eight run at once");
        await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes is [{ Limit: 8, Prefetch: 16 }], "the prefetch follows");
        gate.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 40, "the rest is run");
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task What_was_not_settled_when_the_connection_broke_comes_again_and_its_late_settlement_is_refused()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = TcpProxy.Start(new Uri(RabbitFixture.Url!));
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var module = rabbit.Module();
        var first = new TaskCompletionSource();
        var firstSettled = new TaskCompletionSource<bool>();
        var deliveries = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            var isFirst = Interlocked.Increment(ref deliveries) == 1;
            if (isFirst)
            {
                await first.Task;
            }
            var settled = await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            if (isFirst)
            {
                firstSettled.SetResult(settled);
            }
        });
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref deliveries) == 1, "the task is delivered");
        proxy.ResetAll().ShouldBeGreaterThanOrEqualTo(2);
        await Eventually.TrueAsync(() => Volatile.Read(ref deliveries) == 2, "the task is delivered again");
        first.SetResult();
        (await firstSettled.Task).ShouldBeFalse();
        await Eventually.TrueAsync(() => module.Health.State.Health == DependencyHealth.Up, "connected again");
        await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref deliveries) == 3, "work goes on");
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task A_deleted_queue_is_declared_and_consumed_anew()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = rabbit.Module();
        var seen = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            Interlocked.Increment(ref seen);
        });
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref seen) == 1, "the task is seen");
        await rabbit.Channel.QueueDeleteAsync(rabbit.Options.WorkQueue);
        await Eventually.TrueAsync(() => PublishedAsync(module), "the queue is there again");
        await Eventually.TrueAsync(() => Volatile.Read(ref seen) >= 2, "and consumed");
        await source.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_retry_comes_back_not_before_it_is_due_and_keeps_foreign_headers_only()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var cameBack = new TaskCompletionSource<(TimeSpan After, string? Tenant, string? Death, string? Mine, string? Cc)>();
        long parkedAt = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            if (parkedAt != 0)
            {
                cameBack.TrySetResult((TimeProvider.System.GetElapsedTime(parkedAt), delivery.Header("x-tenant"), delivery.Header("x-mine"), delivery.Header(TaskHeaders.Attempt), delivery.Header("CC")));
                await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
                return;
            }
            parkedAt = TimeProvider.System.GetTimestamp();
            var onward = new OnwardMessage(delivery.Body, "id", null, [new(TaskHeaders.Attempt, "2")], TimeSpan.FromMilliseconds(215));
            await delivery.SettleAsync(new Settlement.Park(TimeProvider.System.GetUtcNow()), onward, CancellationToken.None);
        });
        await rabbit.PublishRawAsync("{}"u8.ToArray(), new BasicProperties
        {
            MessageId = "id",
            UserId = "guest",
            Headers = new Dictionary<string, object?> { ["x-tenant"] = "north", [TaskHeaders.Attempt] = "forged", ["CC"] = new List<object?> { "amq.nowhere" } },
        });
        await source.StartAsync(CancellationToken.None);
        var (after, tenant, mine, attempt, cc) = await cameBack.Task.WaitAsync(TimeSpan.FromSeconds(20));
        after.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(215));
        (tenant, mine, attempt, cc).ShouldBe(("north", null, "2", null));
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task A_drain_hands_back_what_has_not_begun_and_waits_for_what_has()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.MinConcurrency, options.MaxConcurrency, options.Prefetch) = (1, 1, 10));
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var begun = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            Interlocked.Increment(ref begun);
            await gate.Task;
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        });
        for (var i = 0; i < 10; i++)
        {
            await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
        }
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref begun) == 1, "one has begun");
        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(rabbit.Options.WorkQueue) == 0, "the rest is prefetched");
        rabbit.StopTaking();
        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(rabbit.Options.WorkQueue) == 9, "nine are handed back");
        source.ExecuteTask!.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await source.StopAsync(CancellationToken.None);
        begun.ShouldBe(1);
        (await rabbit.ReadyAsync(rabbit.Options.WorkQueue)).ShouldBe(9u);
    }

    [Fact]
    public async Task A_task_that_was_delivered_ten_times_is_published_anew_before_the_broker_gives_it_up()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        await rabbit.PublishRawAsync("{}"u8.ToArray(), new BasicProperties { MessageId = "innocent", Headers = new Dictionary<string, object?> { [TaskHeaders.Attempt] = "3" } });
        for (var i = 0; i < RabbitDelivery.RepublishAt; i++)
        {
            BasicGetResult? got = null;
            await Eventually.TrueAsync(async () => (got = await rabbit.Channel.BasicGetAsync(rabbit.Options.WorkQueue, autoAck: false)) is not null, "it is there");
            await rabbit.Channel.BasicNackAsync(got!.DeliveryTag, multiple: false, requeue: true);
        }
        var seen = new TaskCompletionSource<(string? Count, string? Attempt, string? Id)>();
        using var source = rabbit.Source(module, async delivery =>
        {
            seen.TrySetResult((delivery.Header("x-delivery-count"), delivery.Header(TaskHeaders.Attempt), delivery.FallbackId));
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        });
        await source.StartAsync(CancellationToken.None);
        (await seen.Task.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe((null, "3", "innocent"));
        await source.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Two_modules_with_other_names_live_side_by_side()
    {
        await using var one = await RabbitFixture.CreateAsync();
        await using var other = await RabbitFixture.CreateAsync(options => (options.Lanes, options.Prefetch, options.MinConcurrency, options.MaxConcurrency) = (3, 1, 3, 3));
        var seen = new ConcurrentBag<string>();
        Func<Delivery, ValueTask> Note(string name) => async delivery =>
        {
            seen.Add($"{name}:{delivery.FallbackId}");
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        };
        var (first, second) = (one.Module(), other.Module("scaling"));
        using var source = one.Source(first, Note("rabbit"));
        using var sourceOfOther = other.Source(second, Note("scaling"));
        await source.StartAsync(CancellationToken.None);
        await sourceOfOther.StartAsync(CancellationToken.None);
        await first.Transport.PublishAsync(RabbitFixture.Task("a"), CancellationToken.None);
        await second.Transport.PublishAsync(RabbitFixture.Task("b"), CancellationToken.None);
        await Eventually.TrueAsync(() => seen.Count == 2, "both are seen");
        seen.ShouldBe(["rabbit:a", "scaling:b"], ignoreOrder: true);
        (await second.Transport.SnapshotAsync(CancellationToken.None)).Lanes.ShouldAllBe(lane => lane.Prefetch == 1);
        await source.StopAsync(CancellationToken.None);
        await sourceOfOther.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Without_a_broker_the_source_waits_and_stops_at_once_when_asked()
    {
        var options = new RabbitOptions { Url = "amqp://guest:guest@127.0.0.1:1/" };
        await using var module = new RabbitModule("rabbit", "RabbitMQ", options, new ConsumersOptions(), new RetrySchedule(new RetryOptions()), new InstanceIdentity("t", TimeProvider.System), TimeProvider.System, new Random(1), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        using var drain = new DrainSignals(stop.Token, TimeSpan.FromSeconds(5), TimeProvider.System);
        using var source = new RabbitTaskSource(module, () => _ => ValueTask.CompletedTask, new InMemoryPauses(TimeProvider.System), drain, Microsoft.Extensions.Logging.Abstractions.NullLogger<RabbitTaskSource>.Instance);
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => module.Health.State.Description.Contains("127.0.0.1:1", StringComparison.Ordinal) && module.Health.State.Description.Contains("Start the broker", StringComparison.Ordinal), "the state says what to do");
        await stop.CancelAsync();
        await source.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(2));
    }

    private static async ValueTask<bool> PublishedAsync(RabbitModule module)
    {
        try
        {
            await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);
            return true;
        }
        catch (PublishFailedException)
        {
            return false;
        }
    }
}
