using Consumers.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Consumers.Host.Telemetry;

/// <summary>Starts before all else and stops after it, so that the last span of a drain is sent too.</summary>
internal sealed class TelemetryHost(IConfiguration configuration, InstanceIdentity instance, IOptions<TelemetryOptions> options, PrometheusExporter prometheus, FleetGauges gauges) : IHostedService, IDisposable
{
    /// <summary>For what is left at the end: a collector that is away must not hold up a stop.</summary>
    private const int FlushMs = 3000;

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        gauges.Start();
        _metrics = MetricExport.Build(configuration, instance.Name, options.Value, prometheus, gauges);
        _traces = TraceExport.Build(configuration, instance.Name, options.Value);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => _traces?.Shutdown(FlushMs), CancellationToken.None),
        Task.Run(() => _metrics?.Shutdown(FlushMs), CancellationToken.None));

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
