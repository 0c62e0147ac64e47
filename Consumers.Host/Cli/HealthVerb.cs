using System.CommandLine;
using System.Text.Json;

namespace Consumers.Host.Cli;

/// <summary><c>consumers health</c>: asks the running host, for images without curl.</summary>
internal static class HealthVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Verb Create()
    {
        var ready = new Option<bool>("--ready") { Description = "Ask whether it can work, not only whether it is alive." };
        var url = HostAddress.CreateOption();
        var json = new Option<bool>("--json") { Description = "Print the host's answer." };
        var verb = new Verb("health", "Ask the running host how it is: exit code 0 when well, 1 when not.")
        {
            Examples = ["consumers health", "consumers health --ready", "consumers health --ready --json --url http://127.0.0.1:8081"],
        };
        verb.Add(ready);
        verb.Add(url);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration;
            var address = new Uri(HostAddress.Read(parsed.GetValue(url)), parsed.GetValue(ready) ? "health/ready" : "health/live");
            using var http = new HttpClient { Timeout = Patience };
            try
            {
                using var response = await http.GetAsync(address, cancellationToken);
                var body = await response.Content.ReadAsStringAsync(cancellationToken);
                output.Output.WriteLine(parsed.GetValue(json) ? body : Describe(body, response.IsSuccessStatusCode));
                return response.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Failed;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                output.Error.WriteLine($"error: no host answers at {address}: {e.Message}");
                return ExitCode.Failed;
            }
        });
        return verb;
    }

    private static string Describe(string body, bool isWell)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Terminal.Clean(document.RootElement.GetProperty("status").GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return isWell ? "healthy" : "unhealthy";
        }
    }
}
