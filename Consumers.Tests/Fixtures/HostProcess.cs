using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Consumers.Tests.Fixtures;

/// <summary>The built host as a process of its own: started, asked, killed.</summary>
public sealed partial class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private HostProcess(Process process, Uri url)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = url };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Of all its threads, since it was started.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public string Output => string.Join('\n', _output);

    public static string DllPath { get; } = Path.Combine(
        RepositoryRoot.Path, "Consumers.Host", "bin",
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release",
        "net10.0", "Consumers.Host.dll");

    /// <summary>Runs the host and waits until it is ready.</summary>
    public static async Task<HostProcess> StartAsync(string consumerId, IEnumerable<KeyValuePair<string, string>> environment, TempFolder folder)
    {
        var host = Launch(consumerId, environment, folder);
        await Eventually.TrueAsync(host.IsReadyAsync, () => $"{consumerId} is ready. Its output:\n{host.Output}", TimeSpan.FromSeconds(60));
        return host;
    }

    /// <summary>Runs the host and waits for nothing: it may not live to be ready.</summary>
    public static HostProcess Launch(string consumerId, IEnumerable<KeyValuePair<string, string>> environment, TempFolder folder)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        return new HostProcess(Start(["run", "--urls", url.ToString()], environment.Append(new("CONSUMER_ID", consumerId)), folder), url);
    }

    /// <summary>Runs a verb that goes on until it is told to stop.</summary>
    public static HostProcess LaunchVerb(string[] arguments, TempFolder folder) => new(Start(arguments, [], folder), new Uri("http://127.0.0.1"));

    /// <summary>Waits until the process has ended by itself, and returns its exit code; 128 + n for signal n.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    public void Terminate() => Signal(_process.Id, 15);

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, IEnumerable<KeyValuePair<string, string>> environment, TempFolder folder, string? input = null)
    {
        using var process = Start(arguments, environment, folder, redirectInput: true);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            process.Kill();
            Assert.Fail($"it did not end within 60 s:\n{await output}\n{await error}");
        }
        return (process.ExitCode, await output, await error);
    }

    public void Kill9()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP: it stands still, and notices nothing.</summary>
    public void Freeze() => Signal(_process.Id, 19).ShouldBe(0);

    /// <summary>SIGCONT: it goes on as if no time had passed.</summary>
    public void Thaw() => Signal(_process.Id, 18).ShouldBe(0);

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Terminate();
        return await ExitAsync();
    }

    private async ValueTask<bool> IsReadyAsync()
    {
        if (_process.HasExited)
        {
            Assert.Fail($"The host exited with {_process.ExitCode}:\n{Output}");
        }
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static Process Start(IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, TempFolder folder, bool redirectInput = false)
    {
        var start = new ProcessStartInfo("dotnet", [DllPath, .. arguments])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = redirectInput,
        };
        start.Environment["Consumers__Ledger__Path"] = folder.File("ledger.db");
        start.Environment.Remove("CONSUMERS_API_KEY");
        // Its queue has one name for all; a test that wants the module gives it names of its own.
        start.Environment["Consumers__Scaling__Enabled"] = "false";
        // A fleet of the tests' own, unless the test says otherwise: names are unique in a Redis.
        start.Environment.Remove("REDIS_URL");
        // Only for a test that names a cluster.
        start.Environment["Consumers__Kafka__Enabled"] = environment.Any(setting => setting.Key == "KAFKA_BOOTSTRAP_SERVERS") ? "true" : "false";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
            while (_output.Count > 500)
            {
                _output.TryDequeue(out _);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
