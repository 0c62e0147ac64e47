using System.Text;

namespace Consumers.Core;

/// <summary>
/// What one process did, in a file that only it appends to: a line an event, one write a line and nothing buffered, so that kill -9 loses at most the line
/// being written. It is what proofs are made from: independent of the ledger and of the brokers. Off, it costs a null check.
/// </summary>
public sealed class ProcessHistory : IDisposable
{
    /// <summary>Writes nothing.</summary>
    public static readonly ProcessHistory Off = new(null, "", "", TimeProvider.System);

    private readonly Lock _lock = new();
    private readonly FileStream? _file;
    private readonly string _run;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private long _deliveries;
    private bool _isClosed;

    private ProcessHistory(FileStream? file, string run, string instance, TimeProvider time) =>
        (_file, _run, _instance, _time) = (file, run, instance, time);

    public bool IsOn => _file is not null;

    /// <summary>Begins a file of its own in the folder.</summary>
    /// <param name="kind">Parts the files of one process: <c>pipeline</c>, <c>effects</c>, …</param>
    public static ProcessHistory Open(string folder, string kind, InstanceIdentity identity, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{identity.Name}.{identity.RunId}.{kind}.history");
        var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var history = new ProcessHistory(file, identity.RunId, identity.Name, time);
        history.Write(HistoryEvents.Start, default, 0, $"pid={identity.Pid}");
        return history;
    }

    /// <summary>The trace of a delivery that carries a task; null while the history is off.</summary>
    public DeliveryTrace? Deliver(Delivery delivery, TaskMessage message) =>
        IsOn ? Begin(delivery, new AttemptKey(message.Id, TaskHeaders.ReadInt(delivery.Header(TaskHeaders.Series), 1, TaskHeaders.MaxSeries, 1), message.RetryCount + 1)) : null;

    /// <summary>The trace of a delivery that carries none.</summary>
    public DeliveryTrace? Reject(Delivery delivery, DeadReason reason)
    {
        var trace = IsOn ? Begin(delivery, new AttemptKey(delivery.FallbackId is { } id && TaskName.IsValid(id) ? id : HistoryLine.Unknown, 0, 0)) : null;
        trace?.Rejected(reason);
        return trace;
    }

    /// <param name="extra"><c>name=value</c> pairs; written as it is, so it may hold no line break.</param>
    public void Write(string what, AttemptKey key, long epoch, string extra)
    {
        if (_file is null)
        {
            return;
        }
        // The time is taken inside the lock, so that times rise along the file.
        lock (_lock)
        {
            // What a shutdown gave up waiting for may still run when all else is closed.
            if (_isClosed)
            {
                return;
            }
            var micros = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            var line = new HistoryLine(micros, _run, _instance, what, key.TaskId ?? HistoryLine.Unknown, key.Series, key.Attempt, epoch, extra);
            _file.Write(Encoding.UTF8.GetBytes($"{line}\n"));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _file?.Dispose();
        }
    }

    private DeliveryTrace Begin(Delivery delivery, AttemptKey key)
    {
        var trace = new DeliveryTrace(this, Interlocked.Increment(ref _deliveries), key);
        // Where a message has a place of its own, that is also its fallback id.
        trace.Delivered(delivery.Origin == delivery.FallbackId ? delivery.Origin : null);
        return trace;
    }
}
