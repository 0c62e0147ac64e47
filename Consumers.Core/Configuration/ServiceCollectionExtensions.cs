using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

public static class ServiceCollectionExtensions
{
    /// <summary>Registers what all modules share. Options come from the section <c>Consumers</c>, then from <paramref name="configure"/>; wrong ones stop the start.</summary>
    public static TaskConsumersBuilder AddTaskConsumers(this IServiceCollection services, Action<ConsumersOptions>? configure = null)
    {
        services.AddOptions<ConsumersOptions>()
            .BindConfiguration(ConsumersOptions.Section)
            .Configure(options => configure?.Invoke(options))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConsumersOptions>, ConsumersOptionsValidator>());
        services.AddOptions<TraceOptions>().BindConfiguration("Consumers:Telemetry");
        services.TryAddSingleton(TimeProvider.System);
        // Thread-safe, unlike a Random of one's own; tests register theirs first.
#pragma warning disable RS0030
        services.TryAddSingleton(Random.Shared);
#pragma warning restore RS0030
        services.TryAddSingleton(provider => new RetrySchedule(provider.GetRequiredService<IOptions<ConsumersOptions>>().Value.Retry));
        services.TryAddSingleton(provider => new InstanceIdentity(
            provider.GetService<IConfiguration>()?["CONSUMER_ID"] is { Length: > 0 } id ? id : provider.GetRequiredService<IOptions<ConsumersOptions>>().Value.InstanceName,
            provider.GetRequiredService<TimeProvider>()));
        services.AddOptions<HistoryOptions>().BindConfiguration(HistoryOptions.Section);
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<HistoryOptions>>().Value.Folder is { Length: > 0 } folder
            ? ProcessHistory.Open(folder, "pipeline", provider.GetRequiredService<InstanceIdentity>(), provider.GetRequiredService<TimeProvider>())
            : ProcessHistory.Off);
        services.TryAddSingleton<DrainSignals>();
        services.TryAddSingleton<PipelineStats>();
        services.TryAddSingleton<HandlerCatalog>();
        services.TryAddSingleton<TaskBreakers>();
        services.TryAddSingleton<IPauses, InMemoryPauses>();
        services.TryAddSingleton<TaskExecutorFactory>();
        services.AddHostedService<ThreadPoolRelief>();
        services.TryAddSingleton<AbandonedHandlers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AbandonedHandlers>(static provider => provider.GetRequiredService<AbandonedHandlers>()));
        return new TaskConsumersBuilder(services);
    }

    /// <summary>Adds the relay that publishes tasks accepted as rows; a ledger calls it, so that it starts after the ledger's own services.</summary>
    public static TaskConsumersBuilder AddPublishRelay(this TaskConsumersBuilder builder)
    {
        builder.Services.TryAddSingleton<PublishRelay>();
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<PublishRelay>());
        return builder;
    }

    /// <summary>Adds the archivist, which empties the dead-letter queues of all modules; a ledger that is an archive calls it.</summary>
    public static TaskConsumersBuilder AddDeadLetterArchivist(this TaskConsumersBuilder builder)
    {
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DeadLetterArchivist>());
        return builder;
    }
}
