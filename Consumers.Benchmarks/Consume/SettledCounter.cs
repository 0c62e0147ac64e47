using System.Diagnostics.Metrics;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>Counts what the fleet's own meter says is settled, as an exporter would: the clock stops behind the last ack, and an outcome that is no success fails the run.</summary>
/// <remarks>A retry is counted when its task has succeeded.</remarks>
internal sealed class SettledCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Countdown _run;

    public SettledCounter(Countdown run)
    {
        _run = run;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == TaskTelemetry.Name && instrument.Name == "consumers.tasks.settled")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Count(tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void Count(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name != Labels.Outcome || value is "success")
            {
                continue;
            }
            if (value is not "retry" || !_run.ExpectsRetries)
            {
                _run.Fail($"a task was settled as {value}");
            }
            return;
        }
        if (_run.IsLast())
        {
            _run.Finish();
        }
    }
}
