using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Consumers.Host.Telemetry;

/// <summary>Hands the instruments to who asks, at the moment of asking: the SDK's own way for exporters that pull.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private const int CollectMs = 5000;

    private readonly SemaphoreSlim _one = new(1, 1);
    private bool _isOpen;
    private string? _text;

    public Func<int, bool>? Collect { get; set; }

    /// <summary>Null when nothing can be collected: before the start and after the stop.</summary>
    /// <param name="isOpen">As OpenMetrics.</param>
    public async Task<string?> ScrapeAsync(bool isOpen, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            (_isOpen, _text) = (isOpen, null);
            return Collect?.Invoke(CollectMs) == true ? _text : null;
        }
        finally
        {
            _one.Release();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText(_isOpen);
        text.Target(ParentProvider.GetResource());
        foreach (var metric in batch)
        {
            text.Add(metric);
        }
        _text = text.ToString();
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        _one.Dispose();
        base.Dispose(disposing);
    }
}
