using System.Diagnostics;

namespace Consumers.Benchmarks;

/// <summary>
/// Takes the figures of one run. The clock starts with the first message, so that connecting and building a host is not counted as throughput;
/// the time until then is kept by itself.
/// </summary>
internal sealed class Meter
{
    private readonly long _opened = Stopwatch.GetTimestamp();
    private readonly Lock _starting = new();
    private volatile bool _started;
    private long _startedAt;
    private TimeSpan _cpuAtStart;
    private long _allocatedAtStart;

    /// <summary>Called for every message; only the first call does anything.</summary>
    public void First()
    {
        if (_started)
        {
            return;
        }
        lock (_starting)
        {
            if (_started)
            {
                return;
            }
            _allocatedAtStart = GC.GetTotalAllocatedBytes();
            _cpuAtStart = Environment.CpuUsage.TotalTime;
            _startedAt = Stopwatch.GetTimestamp();
            _started = true;
        }
    }

    /// <summary>Called once, when the last message is settled.</summary>
    public Sample Stop(int messages)
    {
        var elapsed = Stopwatch.GetElapsedTime(_startedAt);
        var cpu = Environment.CpuUsage.TotalTime - _cpuAtStart;
        var allocated = GC.GetTotalAllocatedBytes() - _allocatedAtStart;
        return new Sample(messages, elapsed, cpu, allocated, Stopwatch.GetElapsedTime(_opened, _startedAt));
    }
}
