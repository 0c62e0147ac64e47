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
}
