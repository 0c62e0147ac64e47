using System.Globalization;

namespace Consumers.Host.Verify;

/// <summary>
/// A word in the environment of everything that one run starts, and of what that starts. It finds them again: a command line can be anybody's, and a pid can come again.
/// </summary>
internal sealed class RunMark
{
    public const string Variable = "CONSUMERS_VERIFY_RUN";

    public RunMark(string value) => Value = value;

    public string Value { get; }

    public KeyValuePair<string, string> Entry => new(Variable, Value);

    /// <summary>What has the mark and still runs; only of this command when one is named.</summary>
    public List<int> Pids(string? command = null)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && pid != Environment.ProcessId
                    && (command is null || File.ReadAllText($"{folder}/comm").Trim() == command)
                    && File.ReadAllText($"{folder}/environ").Split('\0').Contains($"{Variable}={Value}"))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked, or belongs to somebody else.
            }
        }
        return found;
    }

    /// <summary>SIGKILL to all that has the mark, until nothing has it.</summary>
    public async Task EndAllAsync()
    {
        for (var tries = 0; tries < 100 && Pids() is { Count: > 0 } pids; tries++)
        {
            pids.ForEach(pid => Signals.Send(pid, Signals.Kill));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
