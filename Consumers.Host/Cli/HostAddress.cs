using System.CommandLine;

namespace Consumers.Host.Cli;

/// <summary>Where the running host is: <c>--url</c>, else CONSUMERS_URL, else the default address.</summary>
internal static class HostAddress
{
    public const string Default = "http://127.0.0.1:8080";

    public static Option<string?> CreateOption() => new("--url") { Description = $"The running host. Default: CONSUMERS_URL, else {Default}." };

    public static Uri Read(string? url)
    {
        url ??= Environment.GetEnvironmentVariable("CONSUMERS_URL") is { Length: > 0 } fromEnvironment ? fromEnvironment : Default;
        return Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address is { Scheme: "http" or "https" }
            ? address
            : throw new CliException(ExitCode.BadInput, $"'{Terminal.Clean(url)}' is not the address of a host; it looks like {Default}.");
    }
}
