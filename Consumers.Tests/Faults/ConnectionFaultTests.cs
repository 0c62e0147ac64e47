using System.Collections.Concurrent;
using Consumers.Core;
using Consumers.Rabbit;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Faults;

/// <summary>One broken connection after another under a steady load: resets, silences, and frames of which half arrives.</summary>
public sealed class ConnectionFaultTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task However_connections_break_no_task_is_lost_or_stuck_and_no_consumer_is_gone()
    {
        var rounds = LongTests.AreOn ? 20 : 1;
        await using var broker = await RabbitBroker.ConnectAsync();
        await using var proxy = AmqpProxy.Start(new Uri(broker.Url));
        await using var fleet = await TestFleet.StartAsync(
            consumers => consumers.AddRabbit(options =>
            {
                broker.Configure(options);
                (options.Url, options.Heartbeat) = (proxy.Url.ToString(), Heartbeat);
            }),
            options => options.DeadLetters.Archive = false);
        await broker.UntilDeclaredAsync();
        var connection = fleet.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name == "RabbitMQ");
        var published = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        // From outside, around the proxy.
        var load = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                var task = TestFleet.Task(published.Count % 10 == 0 ? ["retry", "ok"] : ["ok"]);
                await broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
                published.Enqueue(task.Id);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            }
        });
        var recoveries = new List<TimeSpan>();
        async Task GoesOnAsync()
        {
            var (since, before) = (TimeProvider.System.GetTimestamp(), fleet.Stats.Completed);
            await Eventually.TrueAsync(() => fleet.Stats.Completed > before + 20, () => $"tasks are done again after fault {recoveries.Count + 1}; {fleet.Stats.Completed - before} were", TimeSpan.FromSeconds(60));
            recoveries.Add(TimeProvider.System.GetElapsedTime(since));
        }
        await GoesOnAsync();
        recoveries.Clear();

        for (var round = 0; round < rounds; round++)
        {
            proxy.ResetAll().ShouldBeGreaterThan(0, "a reset met a connection");
            await GoesOnAsync();

            proxy.IsBlackHole = true;
            await Eventually.TrueAsync(() => connection.State.Health != DependencyHealth.Up, "the silence is noticed");
            proxy.IsBlackHole = false;
            await GoesOnAsync();

            var cuts = 0;
            // In turn a frame of the client's and one of the broker's; which method it is, is left to chance.
            var fromClient = round % 2 == 0;
            proxy.OnMethod = frame => frame.FromClient == fromClient && Interlocked.CompareExchange(ref cuts, 1, 0) == 0 ? AmqpVerdict.CutWithin : AmqpVerdict.Forward;
            await Eventually.TrueAsync(() => Volatile.Read(ref cuts) == 1, "a frame was cut in two");
            await GoesOnAsync();
        }
        await enough.CancelAsync();
        await load;

        foreach (var id in published)
        {
            await fleet.ReachesAsync(id, TaskState.Completed);
            fleet.Log.Of(id).Select(effect => effect.Attempt).ShouldBeUnique($"each attempt of {id} ran once");
        }
        broker.DeadLetters.ShouldBeEmpty();
        proxy.Connections.ShouldBeGreaterThan(3 * rounds);
        await fleet.StopAsync();
        (await broker.ReadyAsync(broker.WorkQueue)).ShouldBe(0, "and nothing is left");
        recoveries.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{recoveries.Count} faults, {proxy.Connections} connections, {published.Count} tasks, lost 0, stuck 0, second effects 0, redelivered and not run again {fleet.Stats.Duplicates}; 20 tasks done after a fault: median {recoveries[recoveries.Count / 2].TotalSeconds:0.0} s, longest {recoveries[^1].TotalSeconds:0.0} s");
    }
}
