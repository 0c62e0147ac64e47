using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Consumers.Benchmarks;

/// <summary>What the figures were taken on: without it they cannot be compared.</summary>
/// <param name="Load">Runnable tasks over the last minute before the start; null where the system does not say. Above zero, others shared the cores.</param>
internal sealed record Machine(int Cores, string? Processor, double MemoryGiB, string Os, string Runtime, string Gc, double? Load)
{
    public static Machine Read() => new(
        Environment.ProcessorCount,
        ReadProcessor(),
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        GCSettings.IsServerGC ? "server" : "workstation",
        ReadLoad());

    private static string? ReadProcessor() =>
        FirstLine("/proc/cpuinfo", line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();

    private static double? ReadLoad() =>
        FirstLine("/proc/loadavg", _ => true) is { } line && double.TryParse(line.Split(' ')[0], CultureInfo.InvariantCulture, out var load) ? load : null;

    private static string? FirstLine(string path, Func<string, bool> matches) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(matches) : null;
}
