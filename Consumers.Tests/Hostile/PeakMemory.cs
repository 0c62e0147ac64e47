using System.Globalization;

namespace Consumers.Tests.Hostile;

/// <summary>The most memory that a process ever had resident, as the kernel tells it.</summary>
internal static class PeakMemory
{
    public static long MiBOf(int pid) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
