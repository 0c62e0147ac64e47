using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Scaling;

public static partial class ScalingBuilderExtensions
{
    /// <summary>
    /// Adds the scaling module: competing consumers on RabbitMQ with exact counters for every instance. Options come from the section <c>Consumers:Scaling</c>, then from RABBITMQ_URL, then
    /// from <paramref name="configure"/>; wrong ones stop the start. It needs <c>AddFleet()</c> for its counters and its guard.
    /// </summary>
    public static TaskConsumersBuilder AddScaling(this TaskConsumersBuilder builder, Action<ScalingOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddModuleOptions(ScalingOptions.Section, "RABBITMQ_URL", static (options, url) => options.Url = url, configure, new ScalingOptionsValidator());
        services.AddConsumerTimeoutRule<ScalingOptions>(ScalingOptions.Section);
        if (services.Any(service => service.ServiceType == typeof(ScalingModule)))
        {
            return builder;
        }
        services.AddOptions<ConsumersOptions>().PostConfigure<IServiceProvider>(NameInstance);
        services.AddSingleton(Create);
        services.AddSingleton<ITaskTransport>(provider => provider.GetRequiredService<ScalingModule>().Transport.Transport);
        services.AddSingleton<IDependency>(provider => provider.GetRequiredService<ScalingModule>().Transport.Health);
        services.AddSingleton<IDeadLetterSource>(provider => new RabbitDeadLetterSource(
            provider.GetRequiredService<ScalingModule>().Transport, provider.GetRequiredService<ILogger<RabbitDeadLetterSource>>()));
        services.AddSingleton<ICheckup>(provider => new RabbitCheckup(provider.GetRequiredService<ScalingModule>().Transport));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ScalingModule>().Source);
        return builder;
    }

    private static ScalingModule Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<ScalingOptions>>().Value;
        var module = new RabbitModule(
            ScalingModule.Name,
            "RabbitMQ (scaling)",
            options,
            provider.GetRequiredService<IOptions<ConsumersOptions>>().Value,
            provider.GetRequiredService<RetrySchedule>(),
            provider.GetRequiredService<InstanceIdentity>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILoggerFactory>())
        {
            Counters = provider.GetService<ITaskCounters>(),
        };
        return new ScalingModule(module, new RabbitTaskSource(
            module,
            () => provider.GetRequiredService<TaskExecutorFactory>().Create(module.Name, GuardFor(options, provider), module.Transport, options.GuardAway, counts: true).ExecuteAsync,
            provider.GetRequiredService<IPauses>(),
            provider.GetRequiredService<DrainSignals>(),
            provider.GetRequiredService<ILogger<RabbitTaskSource>>())
        {
            Stats = provider.GetRequiredService<PipelineStats>().For(module.Name),
            IsGuardAway = RabbitBuilderExtensions.GuardAway(provider, module),
        });
    }

    /// <summary>Without Redis there is no guard: one in this process's memory would promise what it cannot keep beside another instance.</summary>
    private static GuardMode GuardFor(ScalingOptions options, IServiceProvider provider)
    {
        if (options.Guard != GuardMode.Redis || provider.GetService<IFleetGuard>() is { IsShared: true })
        {
            return options.Guard;
        }
        Log.NoRedis(provider.GetRequiredService<ILogger<ScalingModule>>());
        return GuardMode.None;
    }

    /// <summary>As configured, not yet validated: a wrong name is reported as what it is, the module's option.</summary>
    private static void NameInstance(ConsumersOptions shared, IServiceProvider provider)
    {
        var options = new ScalingOptions();
        foreach (var configure in provider.GetServices<IConfigureOptions<ScalingOptions>>())
        {
            configure.Configure(options);
        }
        if (options.ConsumerInstanceName is { Length: > 0 } name && InstanceIdentity.IsValid(name))
        {
            shared.InstanceName = name;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Module scaling runs without a guard, because no Redis is configured (REDIS_URL): at-least-once, a task that is delivered twice runs twice, and counts are this process's own")]
        public static partial void NoRedis(ILogger logger);
    }
}
