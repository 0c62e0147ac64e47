using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Rabbit;

public sealed class LaneSetTests
{
    [Fact]
    public async Task Lanes_open_with_a_backlog_and_one_that_closes_finishes_what_it_runs()
    {
        await using var rabbit = await RabbitFixture.CreateAsync(options => (options.Lanes, options.Prefetch, options.MinConcurrency, options.MaxConcurrency) = (0, 1, 1, 3));
        var module = rabbit.Module();
        var gate = new TaskCompletionSource();
        var begun = 0;
        var settled = new ConcurrentBag<bool>();
        using var source = rabbit.Source(module, async delivery =>
        {
            Interlocked.Increment(ref begun);
            await gate.Task;
            settled.Add(await delivery.SettleAsync(Settlement.Ack.Instance, null, CancellationToken.None));
        });
        await source.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => module.Lanes() is [{ Prefetch: 1 }], "one lane while nothing waits");
        var connectedSince = module.Health.State.Since;

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => module.Transport.PublishAsync(RabbitFixture.Task(), CancellationToken.None).AsTask()));
        await Eventually.TrueAsync(() => Volatile.Read(ref begun) == 3, "each has a lane of its own");
        module.Lanes().ShouldAllBe(lane => lane.Prefetch == 1 && lane.Running == 1 && lane.Limit == 3);

        // Nothing waits any more, however long the three run.
        await Eventually.TrueAsync(() => module.Lanes().Count == 2, "a lane closes", TimeSpan.FromSeconds(60));
        gate.SetResult();
        await Eventually.TrueAsync(() => settled.Count == 3, "all three are settled");
        settled.ShouldAllBe(acknowledged => acknowledged, "also the one whose lane had closed");
        module.Health.State.Since.ShouldBe(connectedSince, "a lane that closes does not cost the connection");
        await source.StopAsync(CancellationToken.None);
        begun.ShouldBe(3, "nothing was delivered twice");
        await rabbit.UntilEmptyAsync(rabbit.Options.WorkQueue);
    }
}
