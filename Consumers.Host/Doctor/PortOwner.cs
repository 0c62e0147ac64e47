using System.Globalization;

namespace Consumers.Host.Doctor;

/// <summary>Which process listens on a port of this machine, as Linux tells it; processes of other users stay unknown.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    /// <returns><c>process 4711 (python3)</c>; null when nobody tells.</returns>
    public static string? Find(int port)
    {
        try
        {
            var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal))
                .Select(fields => $"socket:[{fields[9]}]").ToHashSet(StringComparer.Ordinal);
            return sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
                .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Where(pid => Has(pid!, sockets))
                .Select(pid => $"process {pid} ({File.ReadAllText($"/proc/{pid}/comm").Trim()})").FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Has(string pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked, or belongs to somebody else.
            return false;
        }
    }
}
