using System.CommandLine;

namespace Consumers.Host.Cli;

/// <summary><c>--set Consumers:Key=Value</c>, as often as needed; goes before every other source.</summary>
internal static class SettingOption
{
    public static Option<string[]> Create() => new("--set")
    {
        Description = "An option of the configuration, such as --set Consumers:DrainTimeout=00:01:00; may be repeated.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public static IReadOnlyDictionary<string, string?> Read(string[]? pairs)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in pairs ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new CliException(ExitCode.BadInput, $"--set '{Terminal.Clean(pair)}' is not of the form Section:Key=Value.");
            }
            settings[pair[..at].Replace("__", ":", StringComparison.Ordinal)] = pair[(at + 1)..];
        }
        return settings;
    }
}
