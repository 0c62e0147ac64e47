using System.Diagnostics.Metrics;
using Consumers.Core;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Consumers.Host.Telemetry;

/// <summary>One set of instruments, read by <c>/metrics</c> and sent over OTLP.</summary>
internal static class MetricExport
{
    /// <summary>Null where nobody reads them.</summary>
    public static MeterProvider? Build(IConfiguration configuration, string instance, TelemetryOptions options, PrometheusExporter prometheus, FleetGauges gauges)
    {
        var isSent = OtlpSignal.Metrics.WhyOff(configuration) is null;
        if (!isSent && !options.Metrics)
        {
            return null;
        }
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(TelemetryResource.Of(configuration, instance))
            .AddMeter(TaskTelemetry.Name, "System.Runtime", "Microsoft.AspNetCore.Hosting")
            .AddView(instrument => IsLeftOut(instrument, gauges) ? MetricStreamConfiguration.Drop : null);
        if (options.Metrics)
        {
            builder.AddReader(new BaseExportingMetricReader(prometheus));
        }
        if (isSent)
        {
            builder.AddOtlpExporter(exporter => OtlpSignal.Metrics.Configure(exporter, configuration));
        }
        return builder.Build();
    }

    /// <summary>The gauges of another host in this process, and what says nothing or is named against the rules of Prometheus.</summary>
    private static bool IsLeftOut(Instrument instrument, FleetGauges gauges) =>
        (instrument.Meter.Scope is FleetGauges owner && owner != gauges) || instrument.Name is "dotnet.process.cpu.count" or "http.server.active_requests" or "dotnet.assembly.count" or "dotnet.timer.count";
}
