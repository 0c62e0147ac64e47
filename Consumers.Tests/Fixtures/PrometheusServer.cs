using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Consumers.Tests.Fixtures;

/// <summary>A real Prometheus (Debian's package) that scrapes one host every second, with a data folder of its own and the repository's rules.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly Task<string> _output;

    private PrometheusServer(Process process, int port)
    {
        (_process, _http, _output) = (process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") }, process.StandardError.ReadToEndAsync());
    }

    public static string Folder { get; } = Path.Combine(RepositoryRoot.Path, "docker", "observability", "prometheus");

    /// <summary>Skips the test where there is none.</summary>
    /// <param name="bearer">The key of the host; null for none.</param>
    public static async Task<PrometheusServer> StartAsync(Uri host, TempFolder folder, string? bearer = null)
    {
        SkipWithout("prometheus");
        await File.WriteAllLinesAsync(folder.File("prometheus.yml"),
        [
            "global: { scrape_interval: 1s, evaluation_interval: 1s }",
            $"rule_files: [\"{Folder}/rules/*.yaml\"]",
            "scrape_configs:",
            "  - job_name: consumers",
            $"    static_configs: [{{ targets: [\"{host.Authority}\"] }}]",
            bearer is null ? "" : $"    authorization: {{ credentials: {bearer} }}",
        ]);
        var port = FreePort.Take();
        var start = new ProcessStartInfo(
            "prometheus", [$"--config.file={folder.File("prometheus.yml")}", $"--storage.tsdb.path={folder.File("tsdb")}", $"--web.listen-address=127.0.0.1:{port}"])
        {
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        return new PrometheusServer(Process.Start(start)!, port);
    }

    /// <summary>Runs promtool, and hands it a text.</summary>
    public static async Task<(int ExitCode, string Output)> ToolAsync(string? input, params string[] arguments)
    {
        SkipWithout("promtool");
        using var process = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (process.ExitCode, await output + await error);
    }

    /// <summary>The values of an instant query; empty while there are none, or Prometheus is not up yet.</summary>
    public async Task<IReadOnlyList<double>> QueryAsync(string query)
    {
        var answer = await AskAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        return answer is not { } found ? [] : [.. found.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(sample => double.Parse(sample.GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture))];
    }

    /// <summary>Of each rule, whether it could be evaluated: <c>ok</c>, <c>err</c> or <c>unknown</c>.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RulesAsync() => (await AskAsync("/api/v1/rules"))?.GetProperty("data").GetProperty("groups").EnumerateArray()
        .SelectMany(group => group.GetProperty("rules").EnumerateArray())
        .ToDictionary(rule => rule.GetProperty("name").GetString()!, rule => rule.GetProperty("health").GetString()!) ?? [];

    private async Task<JsonElement?> AskAsync(string path)
    {
        if (_process.HasExited)
        {
            Assert.Fail($"Prometheus exited with {_process.ExitCode}:\n{await _output}");
        }
        try
        {
            using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>() : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static void SkipWithout(string program) => Assert.SkipWhen(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').All(folder => !File.Exists(Path.Combine(folder, program))), $"{program} is not installed; ./scripts/test.sh installs Debian's package prometheus");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }
}
