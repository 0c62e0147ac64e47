using System.Net;
using Consumers.Host.Cli;

namespace Consumers.Host.Hosting;

/// <summary>Where the host will listen, from every place that can say so, and whether that needs a key.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://127.0.0.1:8080";

    public static IReadOnlyList<string> From(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        var urls = Split(configuration["urls"]);
        var ports = Split(configuration["http_ports"]).Select(port => $"http://*:{port}")
            .Concat(Split(configuration["https_ports"]).Select(port => $"https://*:{port}"));
        // As the server itself chooses: endpoints go before urls, and urls before ports.
        string[][] sources = [[.. endpoints], urls, [.. ports]];
        return sources.FirstOrDefault(source => source.Length > 0) ?? [Default];
    }

    /// <summary>Beyond this machine only with a key: refuses before anything is bound.</summary>
    public static void RequireKeyBeyondLoopback(IReadOnlyList<string> addresses, bool hasKey)
    {
        foreach (var address in addresses)
        {
            if (!IsLoopback(Parse(address)) && !hasKey)
            {
                throw new CliException(ExitCode.BadInput,
                    $"'{Terminal.Clean(address)}' can be reached from other machines, and CONSUMERS_API_KEY is not set: anyone there could publish tasks and read them. "
                    + $"Set CONSUMERS_API_KEY to a long random text, or listen on this machine only: --urls {Default}");
            }
        }
    }

    public static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || address.IsNamedPipe
        || string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static BindingAddress Parse(string address)
    {
        try
        {
            return BindingAddress.Parse(address);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.BadInput, $"'{Terminal.Clean(address)}' is not an address to listen on; it looks like {Default}.", e);
        }
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
