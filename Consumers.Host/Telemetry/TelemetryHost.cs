using Consumers.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Consumers.Host.Telemetry;

/// <summary>Starts before all else and stops after it, so that the last span of a drain is sent too.</summary>
internal sealed class TelemetryHost(IConfiguration configuration, InstanceIdentity instance, IOptions<TelemetryOptions> options, PrometheusExporter prometheus, FleetGauges gauges) : IHostedLifecycleService, IDisposable
{
    /// <summary>For what is left at the end: a collector that is away must not hold up a stop.</summary>
    private const int FlushMs = 3000;

    private Task _building = Task.CompletedTask;
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    /// <summary>Built while the ledger is opened; whatever starts then is seen from its beginning.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _building = Task.Run(Build, cancellationToken);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => _building;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => _traces?.Shutdown(FlushMs), CancellationToken.None),
        Task.Run(() => _metrics?.Shutdown(FlushMs), CancellationToken.None));

    private void Build()
    {
        gauges.Start();
        _metrics = MetricExport.Build(configuration, instance.Name, options.Value, prometheus, gauges);
        _traces = TraceExport.Build(configuration, instance.Name, options.Value);
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
