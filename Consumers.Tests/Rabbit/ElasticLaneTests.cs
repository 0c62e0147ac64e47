using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Rabbit;

public sealed class ElasticLaneTests
{
    [Fact]
    public async Task By_default_three_to_ten_run_at_once_and_the_prefetch_goes_up_and_down_with_them()
    {
        await using var rabbit = await RabbitFixture.CreateAsync();
        var module = await rabbit.ReadyModuleAsync();
        var gate = new TaskCompletionSource();
        var (running, most, done) = (0, 0, 0);
        var counting = new Lock();
        using var source = rabbit.Source(module, async delivery =>
        {
            lock (counting)
            {
                most = Math.Max(most, ++running);
            }
            await gate.Task;
            lock (counting)
            {
                running--;
            }
            await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None);
            Interlocked.Increment(ref done);
        });
        await source.StartAsync(CancellationToken.None);
        await LaneIsAsync(3, 6, "quiet: three at once");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));

        await LaneIsAsync(10, 20, "a backlog stands: ten at once");
        gate.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref done) == 40, "the backlog is gone");
        await LaneIsAsync(3, 6, "idle: three at once again", TimeSpan.FromSeconds(90));
        most.ShouldBe(10);
        await source.StopAsync(CancellationToken.None);

        Task LaneIsAsync(int limit, int prefetch, string when, TimeSpan? within = null) => Eventually.TrueAsync(
            async () => (await module.Transport.SnapshotAsync(CancellationToken.None)).Lanes is [var lane] && (lane.Limit, lane.Prefetch) == (limit, prefetch), when, within);
    }
}
