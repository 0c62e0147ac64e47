using System.Globalization;

namespace Consumers.Host.Hosting;

internal static class HostShutdown
{
    /// <summary>After the drain: settling what was interrupted, closing connections, the last report.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    public static void AddHostShutdown(this IServiceCollection services, IConfiguration configuration)
    {
        // Read as text: a wrong value is reported by the validation of the options, with all other errors.
        var drain = TimeSpan.TryParse(configuration["Consumers:DrainTimeout"], CultureInfo.InvariantCulture, out var set) ? set : new Core.ConsumersOptions().DrainTimeout;
        services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = drain + Margin;
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        services.AddHostedService<DrainGate>();
    }
}
