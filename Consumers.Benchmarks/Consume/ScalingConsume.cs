using Consumers.Core;
using Consumers.Fleet;
using Consumers.Scaling;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>The scaling module: one task a channel. With Redis it guards and counts each task exactly, without it remembers nothing.</summary>
internal sealed class ScalingConsume(bool withCounters) : IConsumeVariant
{
    public const int Channels = 3;

    public string Name => withCounters ? "scaling" : "scaling-plain";

    public VariantMode Mode => new(
        withCounters ? "scaling module, exact counters" : "scaling module, no counters", withCounters ? "redis" : "none", "none", $"{Channels} channels, prefetch 1", "-");

    public Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => FleetQueue.DeclareAsync(run, cancellationToken);

    public Task DeleteAsync(BrokerRun run) => FleetQueue.DeleteAsync(run);

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var redis = withCounters ? await RedisProcess.StartAsync(cancellationToken) : null;
        await using var host = QuietHost.Build(services =>
        {
            services.AddSingleton<Countdown>(run);
            var consumers = services.AddTaskConsumers(options => FleetQueue.Configure(options, run));
            if (redis is not null)
            {
                consumers.AddFleet(fleet => fleet.Url = redis.Url);
            }
            consumers
                .AddScaling(scaling =>
                {
                    FleetQueue.Configure(scaling, run, Channels);
                    scaling.Guard = withCounters ? GuardMode.Redis : GuardMode.None;
                    scaling.StatusEvents = false;
                })
                .AddHandler<EmptyHandler>();
        });
        using var settled = new SettledCounter(run);
        await host.StartAsync(cancellationToken);
        var sample = await run.Finished.WaitAsync(cancellationToken);
        await host.StopAsync(cancellationToken);
        return sample;
    }
}
