using System.Text;
using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Fleet;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Fleet;

/// <summary>The whole pipeline of a module that counts and has Redis as its guard, or, with no Redis, this process's memory.</summary>
public sealed class RedisPipelineTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_becomes_of_tasks_is_counted_once_and_told_as_their_status(bool withRedis)
    {
        await using var redis = withRedis ? await RedisServer.StartAsync() : null;
        await using var module = await CountingModule.StartAsync(redis?.Url);
        var (good, flaky, bad) = (Task("ok"), Task("retry", "throw", "ok"), Task("fail"));
        var waits = Task("wait");

        await module.PublishAsync(waits);
        await Eventually.TrueAsync(async () => await module.Reader.StatusAsync(waits.Id, CancellationToken.None) == TaskState.Processing, "it is seen to run");
        await module.PublishAsync(good, flaky, bad);
        await Eventually.TrueAsync(async () => await CountsAsync(module) is { Processed: 2, Failed: 1 }, "they are done");
        // What is unacknowledged is delivered again, as after a lost connection, while it runs and when it is settled.
        module.Source.BreakConnection();
        module.Log.Gate.TrySetResult();
        await Eventually.TrueAsync(async () => await CountsAsync(module) is { Processed: 3, Duplicates: >= 1 }, "the second delivery is a duplicate");
        await module.Transport.PublishAsync(good, CancellationToken.None);
        module.Broker.Publish(new InMemoryMessage(Encoding.UTF8.GetBytes("no task"), null, new Dictionary<string, string>()));
        await Eventually.TrueAsync(async () => await CountsAsync(module) is { Duplicates: >= 2, Dead: 2 }, "what was published again ran no more");

        var counts = await CountsAsync(module);
        (counts.Processed, counts.Failed, counts.Retried, counts.Dead).ShouldBe((3L, 1L, 2L, 2L));
        counts.BusyMs.ShouldBeGreaterThan(0);
        (await module.Reader.StatusAsync(good.Id, CancellationToken.None)).ShouldBe(TaskState.Completed);
        (await module.Reader.StatusAsync(flaky.Id, CancellationToken.None)).ShouldBe(TaskState.Completed);
        (await module.Reader.StatusAsync(bad.Id, CancellationToken.None)).ShouldBe(TaskState.Failed);
        module.Log.Of(good.Id).Count.ShouldBe(1);
        module.Log.Of(waits.Id).Count.ShouldBe(1);
        module.Log.Of(flaky.Id).Select(effect => effect.Attempt).ShouldBe([1, 2, 3]);
        module.Broker.DeadLetters.Count.ShouldBe(2);
        module.Stats.Totals.ShouldBe(counts with { Duplicates = module.Stats.Duplicates, BusyMs = module.Stats.Totals.BusyMs });
    }

    [Fact]
    public async Task A_Redis_that_goes_away_and_comes_back_holds_up_no_task_and_makes_no_count_wrong()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var module = await CountingModule.StartAsync(redis.Url);
        var published = 0;
        async Task PublishAsync(int tasks)
        {
            for (var i = 0; i < tasks; i++, published++)
            {
                await module.PublishAsync(Task("ok"));
            }
        }

        foreach (var isFrozen in new[] { false, true })
        {
            await PublishAsync(50);
            if (isFrozen)
            {
                redis.Freeze();
            }
            else
            {
                await redis.Kill9Async();
            }
            await PublishAsync(50);
            await Eventually.TrueAsync(() => module.Stats.Completed == published, "all tasks are done without Redis", TimeSpan.FromSeconds(60));
            await Eventually.TrueAsync(() => module.Health.Health == DependencyHealth.Down, "it is seen that Redis is away");
            redis.Thaw();
            await redis.StartAgainIfDeadAsync();
            await Eventually.TrueAsync(() => module.Health.Health == DependencyHealth.Up, "Redis is back");
        }
        await PublishAsync(50);
        await redis.FlushAsync();
        await PublishAsync(50);
        await Eventually.TrueAsync(() => module.Stats.Completed == published, "all tasks are done", TimeSpan.FromSeconds(60));

        await redis.CounterIsAsync("counting", "processed", published);
        await Eventually.TrueAsync(() => module.Reader.Behind is null, "nothing is behind");
        module.Log.Effects.Count.ShouldBe(published, "a task that is delivered once runs once, with and without guard");
    }

    private static async ValueTask<TaskCounts> CountsAsync(CountingModule module) =>
        (await module.Reader.CountsAsync(CancellationToken.None)).GetValueOrDefault("counting");

    private static TaskMessage Task(params string[] steps) => TestFleet.Task(steps);

    private sealed class CountingModule(IHost host) : IAsyncDisposable
    {
        public ScriptLog Log => host.Services.GetRequiredService<ScriptLog>();

        public ITaskTransport Transport => host.Services.GetRequiredService<ITaskTransport>();

        public InMemoryBroker Broker => host.Services.GetRequiredService<InMemoryModule>().Transport.Broker;

        public InMemoryTaskSource Source => host.Services.GetRequiredService<InMemoryModule>().Source;

        public ITaskCountReader Reader => host.Services.GetRequiredService<ITaskCountReader>();

        public ModuleStats Stats => host.Services.GetRequiredService<PipelineStats>().For("scaling");

        public DependencyState Health => host.Services.GetServices<IDependency>().Single().State;

        public static async Task<CountingModule> StartAsync(Uri? redis)
        {
            var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            builder.Configuration.AddInMemoryCollection([new("CONSUMER_ID", "counting"), new("REDIS_URL", redis?.OriginalString)]);
            builder.Logging.AddProvider(new TestOutputLogs());
            builder.Services.AddSingleton<ScriptLog>();
            builder.Services
                .AddTaskConsumers(options =>
                {
                    options.Retry.Base = TimeSpan.FromMilliseconds(50);
                    options.Retry.Cap = TimeSpan.FromMilliseconds(200);
                    options.Breaker.Enabled = false;
                })
                .AddFleet(options => options.Timeout = TimeSpan.FromMilliseconds(500))
                .AddInMemory("scaling", GuardMode.Redis, away: GuardAway.Continue, counts: true)
                .AddHandler<ScriptedHandler>();
            var host = builder.Build();
            await host.StartAsync(TestContext.Current.CancellationToken);
            return new CountingModule(host);
        }

        public async Task PublishAsync(params TaskMessage[] tasks)
        {
            foreach (var task in tasks)
            {
                await Transport.PublishAsync(task, TestContext.Current.CancellationToken);
            }
        }

        public async ValueTask DisposeAsync()
        {
            Log.Gate.TrySetResult();
            await host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
