namespace Consumers.Benchmarks;

/// <summary>The figures of one run of one variant.</summary>
/// <param name="Elapsed">From the first message to the last settled one.</param>
/// <param name="Cpu">Processor time of this process in between: the client's, not the broker's.</param>
/// <param name="StartUp">From the start of the variant to its first message: connecting, building a host, opening a file.</param>
internal sealed record Sample(int Messages, TimeSpan Elapsed, TimeSpan Cpu, long AllocatedBytes, TimeSpan StartUp)
{
    public double Rate => Messages / Elapsed.TotalSeconds;

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Messages;

    public double Allocated => (double)AllocatedBytes / Messages;

    /// <summary>From the publish of a task to its handler, from when a retry is due to its handler, or from the request of a page to its last byte; null where none of that is timed.</summary>
    public Latency? Latency { get; init; }

    /// <summary>Of a process of its own, some time after its start, in MiB; null where the work is done in this one.</summary>
    public double? WorkingSet { get; init; }

    /// <summary>What lives on the managed heap of that process, after a collection, in MiB; null where it was not asked.</summary>
    public double? ManagedHeap { get; init; }

    /// <summary>Null where nobody watches.</summary>
    public Busy? Busy { get; init; }
}

/// <summary>In milliseconds.</summary>
internal readonly record struct Latency(double P50, double P95, double P99)
{
    public static Latency Of(IReadOnlyList<TimeSpan> all)
    {
        var sorted = all.Order().ToArray();
        return new Latency(At(0.5), At(0.95), At(0.99));

        double At(double share) => sorted[(int)(sorted.Length * share)].TotalMilliseconds;
    }
}
