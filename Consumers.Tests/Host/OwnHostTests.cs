using System.Collections.Concurrent;
using System.Diagnostics;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

public sealed class OwnHostTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "samples", "OwnHost");

    [Fact]
    public void A_teams_own_host_is_under_30_lines() =>
        File.ReadAllLines(Path.Combine(Folder, "Program.cs")).Length.ShouldBeLessThan(30);

    [Fact]
    public async Task It_runs_also_while_the_brokers_are_away()
    {
        using var folder = new TempFolder();
        await using var host = Sample.Start(folder,
            [new("RABBITMQ_URL", $"amqp://guest:guest@127.0.0.1:{FreePort.Take()}/"), new("KAFKA_BOOTSTRAP_SERVERS", $"127.0.0.1:{FreePort.Take()}")]);

        await host.SaysAsync("Application started");
        host.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task It_does_tasks_off_Kafka()
    {
        using var folder = new TempFolder();
        await using var broker = await KafkaBroker.StartAsync();
        await using var host = Sample.Start(folder, broker.Environmental().Concat([new("Consumers__Scaling__Enabled", "false"), new("Logging__LogLevel__Default", "Information")]));

        await broker.PublishAsync(TaskMessage.Create("greet", """{"name":"Ada"}"""u8.ToArray(), 3, TimeProvider.System.GetUtcNow()));

        await host.SaysAsync("Hello Ada");
        await Eventually.TrueAsync(async () => await broker.LagAsync() == 0, "it is committed");
    }

    /// <summary>The sample as it was built, run as a user runs it.</summary>
    private sealed class Sample : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly ConcurrentQueue<string> _output = new();

        private Sample(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
            process.BeginOutputReadLine();
            process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
            process.BeginErrorReadLine();
        }

        public bool HasExited => _process.HasExited;

        public static Sample Start(TempFolder folder, IEnumerable<KeyValuePair<string, string>> environment)
        {
            var dll = Directory.GetFiles(Path.Combine(Folder, "bin"), "OwnHost.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
            var start = new ProcessStartInfo("dotnet", dll) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["CONSUMER_ID"] = "own-host";
            start.Environment.Remove("REDIS_URL");
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }
            return new Sample(Process.Start(start)!);
        }

        public Task SaysAsync(string text) => Eventually.TrueAsync(
            () => new ValueTask<bool>(_output.Any(line => line.Contains(text, StringComparison.Ordinal))), () => $"the sample says '{text}'. It said:\n{string.Join('\n', _output)}", TimeSpan.FromSeconds(60));

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }
    }
}
