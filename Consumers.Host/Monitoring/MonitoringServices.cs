using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Host.Monitoring;

internal static class MonitoringServices
{
    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddSingleton<LedgerReads>();
        services.AddSingleton<DeadLetterReads>();
        services.AddSingleton<CountReads>();
        services.AddSingleton<FleetWatch>();
        services.AddSingleton<ListeningUrl>();
        services.AddSingleton<ThroughputProbe>();
        services.AddHostedService(provider => provider.GetRequiredService<ThroughputProbe>());
        services.AddSingleton<OrphanWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<OrphanWatch>());
        services.AddSingleton<FleetProbe>();
        services.AddHostedService(provider => provider.GetRequiredService<FleetProbe>());
    }
}
