using Consumers.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Rabbit;

public static class RabbitBuilderExtensions
{
    /// <summary>
    /// Adds the RabbitMQ module. Options come from the section <c>Consumers:Rabbit</c>, then from RABBITMQ_URL, then from <paramref name="configure"/>; wrong ones stop the start.
    /// A broker that is away does not: the host runs, says so, and connects when it can.
    /// </summary>
    public static TaskConsumersBuilder AddRabbit(this TaskConsumersBuilder builder, Action<RabbitOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddModuleOptions(RabbitOptions.Section, "RABBITMQ_URL", static (options, url) => options.Url = url, configure, new RabbitOptionsValidator());
        services.AddConsumerTimeoutRule<RabbitOptions>(RabbitOptions.Section);
        services.TryAddSingleton(provider => new RabbitModule(
            "rabbit",
            "RabbitMQ",
            provider.GetRequiredService<IOptions<RabbitOptions>>().Value,
            provider.GetRequiredService<IOptions<ConsumersOptions>>().Value,
            provider.GetRequiredService<RetrySchedule>(),
            provider.GetRequiredService<InstanceIdentity>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.TryAddSingleton(provider =>
        {
            var module = provider.GetRequiredService<RabbitModule>();
            return new RabbitTaskSource(
                module,
                () => provider.GetRequiredService<TaskExecutorFactory>().Create(module.Name, module.Options.Guard, module.Transport, module.Options.GuardAway).ExecuteAsync,
                provider.GetRequiredService<IPauses>(),
                provider.GetRequiredService<DrainSignals>(),
                provider.GetRequiredService<ILogger<RabbitTaskSource>>())
            {
                Stats = provider.GetRequiredService<PipelineStats>().For(module.Name),
                IsGuardAway = GuardAway(provider, module),
            };
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITaskTransport, RabbitTransport>(provider => provider.GetRequiredService<RabbitModule>().Transport));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDependency, RabbitHealth>(provider => provider.GetRequiredService<RabbitModule>().Health));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeadLetterSource, RabbitDeadLetterSource>(provider => new RabbitDeadLetterSource(
            provider.GetRequiredService<RabbitModule>(), provider.GetRequiredService<ILogger<RabbitDeadLetterSource>>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICheckup, RabbitCheckup>(provider => new RabbitCheckup(provider.GetRequiredService<RabbitModule>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RabbitTaskSource>(provider => provider.GetRequiredService<RabbitTaskSource>()));
        return builder;
    }

    internal static void AddConsumerTimeoutRule<TOptions>(this IServiceCollection services, string section) where TOptions : RabbitOptions =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, ConsumerTimeoutRule<TOptions>>(
            provider => new(section, provider.GetServices<HandlerRegistration>(), provider.GetRequiredService<IOptions<ConsumersOptions>>())));

    /// <summary>Asks whether the module's attempts can be settled now, as far as their guard goes.</summary>
    internal static Func<bool> GuardAway(IServiceProvider provider, RabbitModule module)
    {
        // Not before it is asked: the module is itself a dependency, and to look for it while it is made would wait for ever.
        var guards = new Lazy<IDependency[]>(() => [.. provider.GetServices<IDependency>().Where(dependency => dependency.IsUsed && (module.Options.Guard switch
        {
            GuardMode.Ledger => dependency.IsVital,
            GuardMode.Redis => dependency.State.Name == "Redis",
            _ => false,
        }))]);
        return () => Array.Exists(guards.Value, guard => guard.State.Health != DependencyHealth.Up);
    }
}
