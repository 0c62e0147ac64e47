using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitLaneTests
{
    [Theory]
    [InlineData(RabbitQueueType.Quorum)]
    [InlineData(RabbitQueueType.Classic)]
    public async Task What_the_broker_sends_while_the_lane_subscribes_anew_is_executed_too(RabbitQueueType type)
    {
        const int tasks = 2000;
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.QueueType = type);
        var module = await rabbit.ReadyModuleAsync();
        var seen = new ConcurrentDictionary<string, int>();
        var subscriptions = 0;
        using var stop = new CancellationTokenSource();
        var serving = module.Consuming.RunAsync(
            async session =>
            {
                var lane = await RabbitLane.OpenAsync(session, 0, 8, Work(module, slots: 4, CancellationToken.None, ExecuteAsync), NullLogger.Instance);
                session.Ready();
                while (!stop.IsCancellationRequested)
                {
                    await lane.ChangePrefetchAsync(8 + (++subscriptions % 8));
                    lane.FlushStragglers();
                }
                await CloseAsync(lane);
            },
            stop.Token);

        await Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
        await Eventually.TrueAsync(() => new ValueTask<bool>(seen.Count == tasks), () => $"all tasks are executed ({seen.Count} of {tasks}, {subscriptions} subscriptions)");
        await stop.CancelAsync();
        await serving;

        seen.Values.ShouldAllBe(count => count == 1);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);

        async ValueTask ExecuteAsync(RabbitDelivery delivery)
        {
            seen.AddOrUpdate(delivery.FallbackId!, 1, (_, count) => count + 1);
            (await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None)).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task What_has_not_begun_goes_back_once_however_long_the_subscription_outlives_the_shutdown(int maxBodyBytes)
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();

        await DrainAsync(rabbit, module, beforeCancelling: TimeSpan.FromSeconds(1), patience: TimeSpan.FromSeconds(10), maxBodyBytes);

        await EachIsBackAfterOneDeliveryAsync(rabbit);
    }

    [Fact]
    public async Task A_subscription_that_cannot_be_ended_gets_nothing_back_before_its_channel_ends()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = AmqpProxy.Start(new Uri(RabbitFixture.Url!));
        proxy.OnMethod = frame => frame.FromClient && frame.Method == AmqpMethod.BasicCancel ? AmqpVerdict.Swallow : AmqpVerdict.Forward;
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var module = await rabbit.ReadyModuleAsync();

        await DrainAsync(rabbit, module, beforeCancelling: TimeSpan.Zero, patience: TimeSpan.FromSeconds(1));

        await EachIsBackAfterOneDeliveryAsync(rabbit);
    }

    [Fact]
    public async Task Whoever_asks_for_the_end_of_a_subscription_that_is_being_cancelled_waits_for_the_brokers_answer()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = AmqpProxy.Start(new Uri(RabbitFixture.Url!));
        using var answer = new ManualResetEventSlim();
        var cancels = 0;
        proxy.OnMethod = frame =>
        {
            if (frame.FromClient && frame.Method == AmqpMethod.BasicCancel)
            {
                Interlocked.Increment(ref cancels);
                answer.Wait(TimeSpan.FromSeconds(30));
            }
            return AmqpVerdict.Forward;
        };
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var module = await rabbit.ReadyModuleAsync();
        var held = 0;

        // As when a lane that is closing is drained as well.
        await DrainAsync(rabbit, module, beforeCancelling: TimeSpan.Zero, patience: TimeSpan.FromSeconds(30), stop: async (lane, token) =>
        {
            var both = Task.WhenAll(lane.StopTakingAsync(token), lane.StopTakingAsync(token));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, token);
            held = lane.Unacked;
            answer.Set();
            await both;
        });

        held.ShouldBe(Waiting + 1, "nothing went back while the subscription stood");
        cancels.ShouldBe(1);
        await EachIsBackAfterOneDeliveryAsync(rabbit);
    }

    private const int Waiting = 9;

    /// <summary>One task runs, nine wait behind it, and the process is asked to stop.</summary>
    private static async Task DrainAsync(RabbitFixture rabbit, RabbitModule module, TimeSpan beforeCancelling, TimeSpan patience, int maxBodyBytes = 1, Func<RabbitLane, CancellationToken, Task>? stop = null)
    {
        using var draining = new CancellationTokenSource();
        using var closing = new CancellationTokenSource();
        var running = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        var work = Work(module, slots: 1, draining.Token, async delivery =>
        {
            running.SetResult();
            await finish.Task;
            (await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None)).ShouldBeTrue();
        }) with { MaxBodyBytes = maxBodyBytes };
        // A body over the limit stays in the client's memory, and those behind it with it.
        var taken = maxBodyBytes == 0 ? 1 : Waiting + 1;
        await module.Consuming.RunAsync(
            async session =>
            {
                for (var i = 0; i <= Waiting; i++)
                {
                    await rabbit.PublishRawAsync([1]);
                }
                var lane = await RabbitLane.OpenAsync(session, 0, Waiting + 1, work, NullLogger.Instance);
                await running.Task;
                await Eventually.TrueAsync(() => lane.Unacked == taken, "all that can be taken is taken");
                await draining.CancelAsync();
                await Task.Delay(beforeCancelling, TimeProvider.System);
                closing.CancelAfter(patience);
                await (stop is null ? lane.StopTakingAsync(closing.Token) : stop(lane, closing.Token));
                finish.SetResult();
                await CloseAsync(lane);
            },
            draining.Token);
    }

    private static async Task EachIsBackAfterOneDeliveryAsync(RabbitFixture rabbit)
    {
        for (var i = 0; i < Waiting; i++)
        {
            var message = await rabbit.GetAsync(rabbit.Options.WorkQueue);
            IncomingHeaders.Number(message.BasicProperties, "x-delivery-count", 0).ShouldBe(1);
        }
        (await rabbit.ReadyAsync(rabbit.Options.WorkQueue)).ShouldBe(0u);
        (await rabbit.ReadyAsync(rabbit.Options.DeadLetterQueue)).ShouldBe(0u);
    }

    private static LaneWork Work(RabbitModule module, int slots, CancellationToken draining, Func<RabbitDelivery, ValueTask> execute) => new(
        module.Names.WorkQueue, "tester", module.TaskPublisher, execute, HandBackAsync, () => false, new ElasticConcurrency(slots, slots, TimeProvider.System), Workers: 10, HeldBytes: 1 << 20, module.MaxBodyBytes, module.HandlerLimit, TimeProvider.System, draining);

    private static ValueTask HandBackAsync(RabbitDelivery delivery)
    {
        delivery.HandBack();
        return ValueTask.CompletedTask;
    }

    private static async Task CloseAsync(RabbitLane lane)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        await lane.StopTakingAsync(patience.Token);
        await lane.Workers;
        await lane.FlushAsync(patience.Token);
    }
}
