using System.Globalization;

namespace Consumers.Tests.Hostile;

/// <summary>What a process has resident, as the kernel tells it.</summary>
internal static class PeakMemory
{
    /// <summary>The most that it ever had.</summary>
    public static long MiBOf(int pid) => Read(pid, "VmHWM");

    /// <summary>Now, without what it has mapped of files.</summary>
    public static long OwnMiBOf(int pid) => Read(pid, "RssAnon");

    private static long Read(int pid, string field) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(field, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
