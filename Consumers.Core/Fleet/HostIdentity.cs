using System.Diagnostics;
using System.Globalization;

namespace Consumers.Core;

/// <summary>Which machine this is, and whether a process of it is still there. A process id says something only within one boot and one process-id namespace.</summary>
public sealed class HostIdentity
{
    public HostIdentity()
    {
        Value = string.Join('/', Environment.MachineName, Read("/proc/sys/kernel/random/boot_id"), Link("/proc/self/ns/pid"));
        ProcessStart = StartOf(Environment.ProcessId) ?? 0;
    }

    /// <summary>Machine name, boot id and process-id namespace; the last two only on Linux.</summary>
    public string Value { get; }

    /// <summary>Of this process, in ticks since boot; 0 when the platform does not say.</summary>
    public long ProcessStart { get; }

    /// <summary>True when that process certainly does not run any more.</summary>
    public bool IsGone(string hostIdentity, int pid, long processStart)
    {
        if (!OperatingSystem.IsLinux() || hostIdentity != Value || processStart == 0)
        {
            return false;
        }
        return StartOf(pid) is { } start ? start != processStart : !Exists(pid);
    }

    /// <summary>True when that process certainly runs.</summary>
    public bool IsRunning(string hostIdentity, int pid, long processStart) =>
        OperatingSystem.IsLinux() && hostIdentity == Value && processStart != 0 && StartOf(pid) == processStart;

    /// <summary>0 for a process that is dead and only waits to be reaped; null when the platform does not say.</summary>
    public static long? StartOf(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        // The second field is the program's name in parentheses, which may hold anything; after it the third is the state and the 22nd the start.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20 ? null : fields[0] is "Z" or "X" ? 0 : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    /// <summary>Asked when /proc shows nothing, which it may also hide from other users.</summary>
    private static bool Exists(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Link(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.Name ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
