using System.Net;
using System.Reflection;
using System.Text.Json;

namespace Consumers.Host.Verify;

/// <summary>One instance: this very program, run once more.</summary>
internal sealed class HostChild : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private HostChild(string name, ChildProcess process, Uri url)
    {
        (Name, _process) = (name, process);
        Http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
    }

    public string Name { get; }

    public HttpClient Http { get; }

    public int Pid => _process.Pid;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string LastLines => _process.LastLines;

    /// <summary>As this process was started: by its own executable, or by <c>dotnet</c> and the assembly.</summary>
    public static (string Command, string[] Arguments) Self { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet" ? (Environment.ProcessPath!, [typeof(HostChild).Assembly.Location])
        : Assembly.GetEntryAssembly() == typeof(HostChild).Assembly && Environment.ProcessPath is { } self ? (self, [])
        : ("dotnet", [typeof(HostChild).Assembly.Location]);

    public static HostChild Start(string name, IEnumerable<KeyValuePair<string, string>> environment, Workplace place)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        var process = ChildProcess.Start(
            Self.Command, [.. Self.Arguments, "run", "--urls", url.ToString()], IsHarmless,
            environment.Concat([place.Mark.Entry, new("CONSUMER_ID", name)]), place.Subfolder("work"), place.File($"{name}.log"));
        return new HostChild(name, process, url);
    }

    /// <summary>What configures a fleet, a listener or an exporter elsewhere stays out.</summary>
    public static bool IsHarmless(string variable) =>
        !variable.StartsWith("CONSUMER", StringComparison.OrdinalIgnoreCase) && !variable.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) && !variable.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        && !variable.StartsWith("Logging__", StringComparison.OrdinalIgnoreCase) && variable is not ("RABBITMQ_URL" or "REDIS_URL" or "KAFKA_BOOTSTRAP_SERVERS" or "DOTNET_ENVIRONMENT" or "URLS" or "HTTP_PORTS");

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Tasks of the module that run in this instance now; 0 when it does not say.</summary>
    public async Task<long> RunningAsync(string module)
    {
        try
        {
            var stats = await Http.GetFromJsonAsync<JsonElement>(new Uri($"/api/{module}/stats", UriKind.Relative));
            return stats.GetProperty("instance").GetProperty("running").GetInt64();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or KeyNotFoundException)
        {
            return 0;
        }
    }

    public bool Signal(int signal) => _process.Signal(signal);

    public Task WaitAsync(TimeSpan atMost) => _process.WaitAsync(atMost);

    public Task KillAsync() => _process.KillAsync();

    /// <summary>Resident memory, and what of it is its own and no mapped file, in KiB; open files, and how many of them are sockets; null when it is gone.</summary>
    public (long RssKb, long OwnKb, int Files, int Sockets)? Sample()
    {
        try
        {
            var status = File.ReadAllLines($"/proc/{Pid}/status");
            // One that has exited and was not waited for has neither.
            if (KbOf(status, "VmRSS:") is not { } rss || KbOf(status, "RssAnon:") is not { } own)
            {
                return null;
            }
            var files = Directory.GetFileSystemEntries($"/proc/{Pid}/fd");
            var sockets = files.Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
            return (rss, own, files.Length, sockets);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? KbOf(string[] status, string name) =>
        status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? long.Parse(line[name.Length..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) : null;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }
}
