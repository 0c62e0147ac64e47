using Microsoft.Extensions.Options;

namespace Consumers.Host.Telemetry;

internal static class TelemetryServices
{
    /// <summary>To be called before the modules are added: it stops after them.</summary>
    /// <exception cref="Cli.CliException">A variable of OpenTelemetry's is wrong.</exception>
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        OtlpSignal.Check(configuration);
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton<FleetGauges>();
        services.AddHostedService<TelemetryHost>();
        services.AddSingleton<ModuleWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ModuleWatch>());
    }

    /// <summary>Closed to whom the host is closed to, like every page.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.Metrics)
        {
            app.MapGet("/metrics", ScrapeAsync).WithTags("metrics").WithSummary("Prometheus text; OpenMetrics for who asks for it.").Produces<string>(StatusCodes.Status200OK, "text/plain");
        }
    }

    private static async Task<IResult> ScrapeAsync(HttpContext context, PrometheusExporter exporter)
    {
        var isOpen = context.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == PrometheusText.OpenMetricsType);
        var text = await exporter.ScrapeAsync(isOpen, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return text is null
            ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
            : Results.Text(text, isOpen ? $"{PrometheusText.OpenMetricsType}; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8");
    }
}
