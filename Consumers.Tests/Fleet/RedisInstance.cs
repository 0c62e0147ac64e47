using Consumers.Core;
using Consumers.Fleet;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Fleet;

/// <summary>What one process has of the fleet in Redis: register, counters, guard. Its host runs no module.</summary>
internal sealed class RedisInstance : IAsyncDisposable
{
    private readonly IHost _host;

    private RedisInstance(IHost host) => _host = host;

    public InstanceIdentity Identity => _host.Services.GetRequiredService<InstanceIdentity>();

    public ITaskCounters Counters => _host.Services.GetRequiredService<ITaskCounters>();

    public ITaskCountReader Reader => _host.Services.GetRequiredService<ITaskCountReader>();

    public IFleetState Fleet => _host.Services.GetRequiredService<IFleetState>();

    public RedisFleet Parts => _host.Services.GetRequiredService<RedisFleet>();

    public DependencyState Health => _host.Services.GetServices<IDependency>().Single(dependency => dependency.State.Name == "Redis").State;

    /// <summary>The host has begun to stop by itself.</summary>
    public bool HasStopped => _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    public IAttemptGuard Guard(GuardAway away = GuardAway.Wait) => _host.Services.GetRequiredService<IFleetGuard>().For(away);

    public static async Task<RedisInstance> StartAsync(Uri redis, string name = "consumer-1", Action<RedisOptions>? configure = null, bool isUp = true)
    {
        var instance = Create(redis, name, configure);
        try
        {
            await instance._host.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
        if (isUp)
        {
            await Eventually.TrueAsync(() => new ValueTask<bool>(instance.Health.Health == DependencyHealth.Up), () => $"Redis is up: {instance.Health.Description}", TimeSpan.FromSeconds(30));
        }
        return instance;
    }

    private static RedisInstance Create(Uri redis, string name, Action<RedisOptions>? configure)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("CONSUMER_ID", name), new("REDIS_URL", redis.OriginalString)]);
        builder.Logging.AddProvider(new TestOutputLogs());
        builder.Services.AddTaskConsumers().AddFleet(options =>
        {
            // A machine that is busy is not a Redis that is away.
            options.Timeout = TimeSpan.FromSeconds(2);
            configure?.Invoke(options);
        });
        return new RedisInstance(builder.Build());
    }

    public Task StopAsync() => _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
