using System.Collections.Concurrent;

namespace Consumers.Core;

/// <summary>The attempts that this process has begun and not ended. From the moment it is told to stop it remembers what became of each: that is its receipt.</summary>
public sealed class FlightRecorder : IDisposable
{
    /// <summary>How many unfinished tasks a receipt names; all are counted.</summary>
    public const int TasksNamed = 20;

    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _onDraining;
    private readonly ConcurrentDictionary<Flight, bool> _inAir = new();
    private readonly Lock _lock = new();
    private readonly List<UnfinishedTask> _unfinished = [];
    private DateTimeOffset? _stoppingAt;
    private string? _reason;
    private int _finished;
    private int _handedBack;
    private int _abandoned;

    public FlightRecorder(DrainSignals drain, TimeProvider time)
    {
        _time = time;
        _onDraining = drain.Draining.Register(Stop);
    }

    private FlightRecorder() => _time = TimeProvider.System;

    internal static FlightRecorder Off { get; } = new();

    /// <summary>Why this process stops; the first one that says so is right.</summary>
    public void Because(string reason) => Interlocked.CompareExchange(ref _reason, reason, null);

    /// <summary>What has become of what was in flight when the process was told to stop, and of what began after; what is in the air still counts as abandoned.</summary>
    public DrainReceipt Receipt()
    {
        lock (_lock)
        {
            var inAir = _inAir.Keys.ToArray();
            return new DrainReceipt(
                _reason ?? DrainReceipt.Stopped,
                _stoppingAt,
                _time.GetUtcNow(),
                _finished + _handedBack + _abandoned + inAir.Length,
                _finished,
                _handedBack,
                _abandoned + inAir.Length,
                [.. _unfinished.Concat(inAir.Select(flight => flight.Task(FlightEnd.Abandoned))).Take(TasksNamed)]);
        }
    }

    public void Dispose() => _onDraining.Dispose();

    internal Flight Begin(string module, string id, string type)
    {
        var flight = new Flight(this, module, id, type);
        _inAir.TryAdd(flight, true);
        return flight;
    }

    internal void Land(Flight flight, FlightEnd end)
    {
        lock (_lock)
        {
            if (!_inAir.TryRemove(flight, out _) || _stoppingAt is null)
            {
                return;
            }
            switch (end)
            {
                case FlightEnd.Finished:
                    _finished++;
                    return;
                case FlightEnd.HandedBack:
                    _handedBack++;
                    break;
                default:
                    _abandoned++;
                    break;
            }
            if (_unfinished.Count < TasksNamed)
            {
                _unfinished.Add(flight.Task(end));
            }
        }
    }

    private void Stop()
    {
        lock (_lock)
        {
            _stoppingAt ??= _time.GetUtcNow();
        }
    }
}

internal enum FlightEnd
{
    /// <summary>Settled and acknowledged.</summary>
    Finished,

    /// <summary>The handler stopped when it was told to, or its delivery was lost before it was acknowledged: the broker delivers it again.</summary>
    HandedBack,

    /// <summary>The handler did not stop, or its outcome could not be written: it is delivered again, and what it did may have happened.</summary>
    Abandoned,
}

/// <summary>One attempt, from its begin until its delivery is settled; disposed without a word, it was abandoned.</summary>
internal sealed class Flight(FlightRecorder recorder, string module, string id, string type) : IDisposable
{
    public void Land(FlightEnd end) => recorder.Land(this, end);

    public void Dispose() => Land(FlightEnd.Abandoned);

    public UnfinishedTask Task(FlightEnd end) => new(module, id, type, end == FlightEnd.HandedBack ? UnfinishedTask.HandedBack : UnfinishedTask.Abandoned);
}
