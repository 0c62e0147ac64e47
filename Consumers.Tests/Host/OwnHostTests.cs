using System.Diagnostics;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

public sealed class OwnHostTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "samples", "OwnHost");

    [Fact]
    public void A_teams_own_host_is_under_30_lines() =>
        File.ReadAllLines(Path.Combine(Folder, "Program.cs")).Length.ShouldBeLessThan(30);

    [Fact]
    public async Task It_runs_also_while_the_broker_is_away()
    {
        var dll = Directory.GetFiles(Path.Combine(Folder, "bin"), "OwnHost.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
        using var folder = new TempFolder();
        var start = new ProcessStartInfo("dotnet", dll) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["RABBITMQ_URL"] = $"amqp://guest:guest@127.0.0.1:{FreePort.Take()}/";
        start.Environment["CONSUMER_ID"] = "own-host";
        start.Environment.Remove("REDIS_URL");
        using var process = Process.Start(start)!;
        try
        {
            var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
            process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
            process.BeginOutputReadLine();

            await Eventually.TrueAsync(() => output.Any(line => line.Contains("Application started", StringComparison.Ordinal)), "the sample says that it started");

            process.HasExited.ShouldBeFalse();
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
