using Consumers.Host.Monitoring.Balancing;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Findings;
using Consumers.Host.Monitoring.Sharing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Monitoring;

internal static class MonitoringServices
{
    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<DashboardOptions>().BindConfiguration(DashboardOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DashboardOptions>, DashboardOptionsValidator>());
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
        services.AddSingleton<BalanceProbe>();
        services.AddHostedService(provider => provider.GetRequiredService<BalanceProbe>());
        services.AddSingleton<FigureReads>();
        services.AddHostedService<FigureRecorder>();
        services.AddSingleton<FleetLook>();
    }
}
