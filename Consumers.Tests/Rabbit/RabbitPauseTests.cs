using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using RabbitMQ.Client;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitPauseTests
{
    private static readonly PauseOrder Order = new("rabbit", null, "a test", null);

    [Fact]
    public async Task A_pause_hands_back_what_has_not_begun_lets_run_what_has_and_a_resume_takes_the_rest()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.MinConcurrency, options.MaxConcurrency, options.Prefetch, options.StalledAfter) = (1, 1, 10, TimeSpan.FromSeconds(1)));
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var (begun, settled, redelivered) = (0, 0, 0);
        using var source = rabbit.Source(module, async delivery =>
        {
            Interlocked.Increment(ref begun);
            Interlocked.Add(ref redelivered, (int)((RabbitDelivery)delivery).DeliveryCount);
            await gate.Task;
            (await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None)).ShouldBeTrue();
            Interlocked.Increment(ref settled);
        });
        await PublishAsync(module, 10);
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => Volatile.Read(ref begun) == 1, "one has begun");
        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(rabbit.Options.WorkQueue) == 0, "the rest is prefetched");

        await rabbit.Pauses.PauseAsync(Order, default);

        await Eventually.TrueAsync(async () => await rabbit.ReadyAsync(rabbit.Options.WorkQueue) == 9, "nine are handed back");
        gate.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref settled) == 1, "what ran has ended");
        await PublishAsync(module, 5);
        // Longer than a consumer may stall: that it takes nothing is no reason to rebuild the connection.
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System, TestContext.Current.CancellationToken);
        begun.ShouldBe(1);
        module.Health.State.Health.ShouldBe(DependencyHealth.Up);
        (await rabbit.ReadyAsync(rabbit.Options.WorkQueue)).ShouldBe(14u);

        await rabbit.Pauses.ResumeAsync(Order, default);

        await Eventually.TrueAsync(() => Volatile.Read(ref settled) == 15, "the rest is run");
        redelivered.ShouldBeLessThanOrEqualTo(9, "each of the nine was handed back once, not round and round");
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task A_pause_outlives_a_broken_connection_and_holds_from_the_first_connection_on()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(RabbitFixture.Url), "no broker: RABBITMQ_URL is not set");
        await using var proxy = TcpProxy.Start(new Uri(RabbitFixture.Url!));
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Url = proxy.Url.ToString());
        var module = rabbit.Module();
        var begun = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            Interlocked.Increment(ref begun);
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        });
        await rabbit.Pauses.PauseAsync(Order, default);
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes.Count == 1, "connected");
        await PublishAsync(module, 5);

        var since = module.Health.State.Since;
        proxy.ResetAll().ShouldBeGreaterThanOrEqualTo(2);
        await Eventually.TrueAsync(async () => module.Health.State is { Health: DependencyHealth.Up } state && state.Since != since && (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes.Count == 1, "connected again");
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        begun.ShouldBe(0);

        await rabbit.Pauses.ResumeAsync(Order, default);
        await Eventually.TrueAsync(() => Volatile.Read(ref begun) == 5, "work goes on");
        await source.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_stop_during_a_pause_ends_at_once_and_leaves_all_in_the_queue()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        using var source = rabbit.Source(module, _ => throw new InvalidOperationException("nothing may begin"));
        await rabbit.Pauses.PauseAsync(Order, default);
        await PublishAsync(module, 5);
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes.Count == 1, "connected");

        rabbit.StopTaking();

        await source.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(10));
        (await rabbit.ReadyAsync(rabbit.Options.WorkQueue)).ShouldBe(5u);
    }

    [Fact]
    public async Task Pauses_do_not_add_up_to_a_dead_letter_of_the_broker()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.MinConcurrency, options.MaxConcurrency, options.Prefetch, options.DeliveryLimit) = (1, 1, 10, RabbitDelivery.RepublishAt + 1));
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var settled = 0;
        using var source = rabbit.Source(module, async delivery =>
        {
            await gate.Task;
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            Interlocked.Increment(ref settled);
        });
        await PublishAsync(module, 3);
        await source.StartAsync(CancellationToken.None);
        for (var i = 0; i < RabbitDelivery.RepublishAt + 4; i++)
        {
            await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes is [{ Unacked: 3 }], "two wait behind the one that runs");
            await rabbit.Pauses.PauseAsync(Order, default);
            await Eventually.TrueAsync(async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes is [{ Unacked: <= 1 }], "they are handed back");
            await rabbit.Pauses.ResumeAsync(Order, default);
        }
        gate.SetResult();

        await Eventually.TrueAsync(() => Volatile.Read(ref settled) == 3, "all of them are run");
        (await rabbit.ReadyAsync(rabbit.Options.DeadLetterQueue)).ShouldBe(0u);
        await source.StopAsync(CancellationToken.None);
    }

    private static Task PublishAsync(RabbitModule module, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
}
