using Consumers.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consumers.Fleet;

public static class FleetBuilderExtensions
{
    /// <summary>
    /// What instances share: register, counters, and the guard that needs no ledger. In Redis when one is configured (section <c>Consumers:Fleet:Redis</c>, then REDIS_URL, then
    /// <paramref name="configure"/>); otherwise a ledger that was added before keeps the register, and the rest is this process's. A Redis that is away does not stop the start.
    /// </summary>
    public static TaskConsumersBuilder AddFleet(this TaskConsumersBuilder builder, Action<RedisOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddModuleOptions(RedisOptions.Section, "REDIS_URL", static (options, url) => options.Url = url, configure, new RedisOptionsValidator());

        services.TryAddSingleton<HostIdentity>();
        services.TryAddSingleton<InMemoryFleetState>();
        services.TryAddSingleton(provider => new InMemoryTaskCounters(provider.GetRequiredService<InstanceIdentity>()));
        services.TryAddSingleton(provider => new InMemoryGuard(provider.GetRequiredService<InstanceIdentity>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<RedisFleet>();

        // The ledger's register, when it was there first, serves fleets without Redis.
        var withoutRedis = services.LastOrDefault(service => service.ServiceType == typeof(IFleetState));
        services.RemoveAll<IFleetState>();
        services.AddSingleton<IFleetState>(provider => Redis(provider)?.Register ?? (IFleetState?)Create(provider, withoutRedis) ?? provider.GetRequiredService<InMemoryFleetState>());
        services.TryAddSingleton<ITaskCounters>(provider => Redis(provider)?.Counters ?? (ITaskCounters)provider.GetRequiredService<InMemoryTaskCounters>());
        services.TryAddSingleton<ITaskCountReader>(provider => Redis(provider)?.Counters ?? (ITaskCountReader)provider.GetRequiredService<InMemoryTaskCounters>());
        services.TryAddSingleton<IFleetGuard>(provider => Redis(provider)?.Guard ?? (IFleetGuard)provider.GetRequiredService<InMemoryGuard>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDependency, RedisDependency>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICheckup, RedisCheckup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RedisService>());
        return builder;
    }

    private static RedisFleet? Redis(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<RedisOptions>>().Value.IsConfigured ? provider.GetRequiredService<RedisFleet>() : null;

    private static object? Create(IServiceProvider provider, ServiceDescriptor? service) => service switch
    {
        null => null,
        { ImplementationInstance: { } instance } => instance,
        { ImplementationFactory: { } factory } => factory(provider),
        _ => ActivatorUtilities.CreateInstance(provider, service.ImplementationType!),
    };
}
