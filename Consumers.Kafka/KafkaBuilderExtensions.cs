using Consumers.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Kafka;

public static class KafkaBuilderExtensions
{
    /// <summary>
    /// Adds the Kafka module. Options come from the section <c>Consumers:Kafka</c>, then from KAFKA_BOOTSTRAP_SERVERS, then from <paramref name="configure"/>; wrong ones stop the start.
    /// Brokers that are away do not: the host runs, says so, and connects when it can.
    /// </summary>
    public static TaskConsumersBuilder AddKafka(this TaskConsumersBuilder builder, Action<KafkaOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddModuleOptions(KafkaOptions.Section, "KAFKA_BOOTSTRAP_SERVERS", static (options, servers) => options.BootstrapServers = servers, configure, new KafkaOptionsValidator());
        services.TryAddSingleton(provider => new KafkaModule(
            provider.GetRequiredService<IOptions<KafkaOptions>>().Value,
            provider.GetRequiredService<IOptions<ConsumersOptions>>().Value,
            provider.GetRequiredService<RetrySchedule>(),
            provider.GetRequiredService<InstanceIdentity>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILoggerFactory>())
        {
            History = provider.GetRequiredService<ProcessHistory>(),
        });
        services.TryAddSingleton(provider =>
        {
            var (module, pauses) = (provider.GetRequiredService<KafkaModule>(), provider.GetRequiredService<IPauses>());
            module.IsPaused = () => pauses.Current.Find(KafkaModule.Name) is not null;
            return new KafkaTaskSource(
                module,
                () => provider.GetRequiredService<TaskExecutorFactory>().Create(KafkaModule.Name, module.Options.Guard, module.Transport, module.Options.GuardAway).ExecuteAsync,
                provider.GetRequiredService<DrainSignals>(),
                provider.GetRequiredService<ILogger<KafkaTaskSource>>());
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITaskTransport, KafkaTransport>(provider => provider.GetRequiredService<KafkaModule>().Transport));
        services.TryAddSingleton<IKafkaWatch>(provider => provider.GetRequiredService<KafkaModule>().Transport);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDependency, KafkaHealth>(provider => provider.GetRequiredService<KafkaModule>().Health));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeadLetterSource, KafkaDeadLetterSource>(provider => new KafkaDeadLetterSource(
            provider.GetRequiredService<KafkaModule>(), provider.GetRequiredService<ILogger<KafkaDeadLetterSource>>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICheckup, KafkaCheckup>(provider => new KafkaCheckup(provider.GetRequiredService<KafkaModule>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, KafkaTaskSource>(provider => provider.GetRequiredService<KafkaTaskSource>()));
        return builder;
    }
}
