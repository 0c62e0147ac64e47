using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Rabbit;

/// <summary>Deliveries that the pipeline drops: neither acknowledged nor handed back, for ever.</summary>
public sealed class SettlementWatchdogTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_dropped_settlement_comes_again_and_whatever_ran_beside_it_does_not(int lanes)
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => options.Lanes = lanes);
        var module = await rabbit.ReadyModuleAsync();
        var innocent = new TaskCompletionSource();
        var runs = new ConcurrentDictionary<string, int>();
        var late = new ConcurrentBag<bool>();
        var log = new Lines();
        using var source = Source(rabbit, module, log, async delivery =>
        {
            var run = runs.AddOrUpdate(delivery.FallbackId!, 1, (_, count) => count + 1);
            if (delivery.FallbackId == "dropped" && run == 1)
            {
                delivery.Expect(Limit, TimeProvider.System);
                return;
            }
            if (delivery.FallbackId == "innocent")
            {
                await innocent.Task;
            }
            late.Add(await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None));
        });
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task("innocent"), CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task("dropped"), CancellationToken.None);

        await Eventually.TrueAsync(() => source.Stats.Dropped == 1, "it is noticed");
        // On the same channel: it is closed when this one has ended.
        innocent.SetResult();
        await Eventually.TrueAsync(() => runs.GetValueOrDefault("dropped") == 2, "it comes again");

        await Eventually.TrueAsync(() => late.Count == 2, "both are settled");
        late.ShouldAllBe(settled => settled);
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
        runs["innocent"].ShouldBe(1);
        source.Stats.Dropped.ShouldBe(1);
        var line = log.Errors.ShouldHaveSingleItem();
        line.ShouldMatch($"^Delivery [1-9] from {rabbit.Options.WorkQueue}, task dropped, is in hand since 00:0");
    }

    [Fact]
    public async Task A_delivery_whose_pipeline_never_ends_comes_again_and_its_late_settlement_is_refused()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var hang = new TaskCompletionSource();
        var late = new TaskCompletionSource<bool>();
        var runs = 0;
        using var source = Source(rabbit, module, new Lines(), async delivery =>
        {
            var isFirst = Interlocked.Increment(ref runs) == 1;
            if (isFirst)
            {
                delivery.Expect(Limit, TimeProvider.System);
                await hang.Task;
            }
            var settled = await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            if (isFirst)
            {
                late.SetResult(settled);
            }
        });
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None);

        await Eventually.TrueAsync(() => Volatile.Read(ref runs) == 2, "it comes again");

        hang.SetResult();
        (await late.Task).ShouldBeFalse();
        source.Stats.Dropped.ShouldBe(1);
        await source.StopAsync(CancellationToken.None);
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }

    [Fact]
    public async Task What_waits_for_its_turn_or_for_a_guard_that_is_away_is_not_dropped()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var isAway = true;
        long begunAt = 0;
        using var source = Source(rabbit, module, new Lines(), async delivery =>
        {
            delivery.Expect(Limit, TimeProvider.System);
            if (delivery.FallbackId == "turn")
            {
                delivery.WaitForTurn();
            }
            Volatile.Write(ref begunAt, TimeProvider.System.GetTimestamp());
            await gate.Task;
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
        }, () => Volatile.Read(ref isAway));
        await source.StartAsync(CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task("turn"), CancellationToken.None);
        await module.Transport.PublishAsync(RabbitFixture.Task("guard"), CancellationToken.None);

        await Eventually.TrueAsync(() => Volatile.Read(ref begunAt) > 0 && TimeProvider.System.GetElapsedTime(begunAt) > 4 * Limit, "its time is over");
        source.Stats.Dropped.ShouldBe(0, "nothing could be settled, so nothing is judged");
        Volatile.Write(ref isAway, false);
        await Eventually.TrueAsync(() => source.Stats.Dropped > 0, "with the guard back its time begins anew, and ends");
        source.Stats.Dropped.ShouldBe(1, "the one that waits for its turn has all the time");
        gate.SetResult();
        await source.StopAsync(CancellationToken.None);
    }

    private static RabbitTaskSource Source(RabbitFixture rabbit, RabbitModule module, Lines log, Func<Delivery, ValueTask> execute, Func<bool>? isGuardAway = null) =>
        new(module, () => execute, rabbit.Pauses, rabbit.Drain, log) { SettleMargin = TimeSpan.FromMilliseconds(100), IsGuardAway = isGuardAway ?? (() => false) };

    private sealed class Lines : ILogger<RabbitTaskSource>
    {
        public ConcurrentQueue<string> Errors { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
            {
                Errors.Enqueue(formatter(state, exception));
            }
        }
    }
}
