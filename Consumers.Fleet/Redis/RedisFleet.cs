using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Fleet;

/// <summary>The parts that use one Redis, put together.</summary>
internal sealed class RedisFleet : IAsyncDisposable
{
    private readonly RedisLink _link;

    public RedisFleet(IOptions<RedisOptions> options, InstanceIdentity self, HostIdentity host, TimeProvider time, ILoggerFactory loggers)
    {
        Health = new RedisHealth(RedisAddress.Redact(options.Value.Url), time);
        _link = new RedisLink(options.Value, self, Health, time, loggers.CreateLogger<RedisLink>());
        Counters = new RedisTaskCounters(_link, options.Value, self, time);
        Register = new RedisRegister(_link, Counters, self, host, time, loggers.CreateLogger<RedisRegister>());
        Guard = new RedisGuard(_link, Register, Counters, options.Value, self, host, time);
        Health.Detail = () => string.Join(' ', Details());
    }

    public RedisHealth Health { get; }

    public RedisTaskCounters Counters { get; }

    public RedisRegister Register { get; }

    public RedisGuard Guard { get; }

    public async ValueTask DisposeAsync()
    {
        if (!Register.IsStarted)
        {
            // A publisher that ends before Redis has answered for the first time.
            await Counters.FlushAsync(TimeSpan.FromSeconds(1));
        }
        await _link.DisposeAsync();
    }

    private IEnumerable<string> Details()
    {
        if (Counters.Behind is { } behind)
        {
            yield return $"{behind.Buffered} counts wait in this process{(behind.Dropped == 0 ? "" : $", and the status of {behind.Dropped} more tasks is lost")}.";
        }
        if (!_link.IsUp && Guard.WhileAway is { Length: > 0 } guard)
        {
            yield return guard;
        }
    }
}

/// <summary>The entry in the list of dependencies; nobody's where no Redis is configured.</summary>
internal sealed class RedisDependency(IOptions<RedisOptions> options, IServiceProvider services, TimeProvider time) : IDependency
{
    private readonly DependencyState _none = new("Redis", DependencyHealth.Up, time.GetUtcNow(), "No Redis is configured.");

    public DependencyState State => IsUsed ? ((RedisFleet)services.GetService(typeof(RedisFleet))!).Health.State : _none;

    public bool IsVital => false;

    public bool IsUsed => options.Value.IsConfigured;
}

/// <summary>Runs the register where a Redis is configured.</summary>
internal sealed class RedisService(IOptions<RedisOptions> options, IServiceProvider services) : BackgroundService, IHostedLifecycleService
{
    private readonly RedisRegister? _register = options.Value.IsConfigured ? ((RedisFleet)services.GetService(typeof(RedisFleet))!).Register : null;

    public Task StartingAsync(CancellationToken cancellationToken) => _register?.StartingAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => _register?.StoppedAsync(cancellationToken) ?? Task.CompletedTask;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _register?.UntilRefusedAsync(stoppingToken) ?? Task.CompletedTask;
}
