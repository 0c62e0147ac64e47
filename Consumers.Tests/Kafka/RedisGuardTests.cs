using Consumers.Core;
using Consumers.Fleet;
using Consumers.Kafka;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Kafka;

public sealed class RedisGuardTests
{
    [Fact]
    public async Task With_Redis_as_its_guard_a_record_that_comes_twice_runs_once()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var kafka = await KafkaBroker.StartAsync();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("CONSUMER_ID", "guarded"), new("REDIS_URL", redis.Url.OriginalString)]);
        builder.Logging.AddProvider(new TestOutputLogs());
        builder.Services.AddSingleton<ScriptLog>();
        builder.Services
            .AddTaskConsumers(options => (options.Retry.Base, options.Retry.Cap) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400)))
            .AddFleet(options => options.Timeout = TimeSpan.FromSeconds(5))
            .AddKafka(options =>
            {
                kafka.Configure(options);
                (options.Record, options.Guard, options.GuardAway) = (RecordMode.None, GuardMode.Redis, GuardAway.Wait);
            })
            .AddHandler<ScriptedHandler>();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var transport = host.Services.GetRequiredService<ITaskTransport>();
        var stats = host.Services.GetRequiredService<PipelineStats>().For(KafkaModule.Name);
        var log = host.Services.GetRequiredService<ScriptLog>();
        var (plain, retried) = (TestFleet.Task("ok"), TestFleet.Task("retry", "ok"));
        async Task PublishAsync(TaskMessage task) => await transport.PublishAsync(task, TestContext.Current.CancellationToken);

        await PublishAsync(plain);
        await PublishAsync(retried);
        await Eventually.TrueAsync(() => stats.Completed == 2, "both are done", TimeSpan.FromSeconds(60));
        await PublishAsync(plain);
        await PublishAsync(retried);
        await Eventually.TrueAsync(() => stats.Duplicates == 2, "what came again is known", TimeSpan.FromSeconds(60));

        log.Of(plain.Id).Count.ShouldBe(1);
        log.Of(retried.Id).Select(effect => effect.Attempt).ShouldBe([1, 2]);
        await host.StopAsync(CancellationToken.None);
    }
}
