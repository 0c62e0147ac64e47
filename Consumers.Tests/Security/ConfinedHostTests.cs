using System.Diagnostics;
using System.Net;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Security;

public sealed class ConfinedHostTests
{
    /// <summary>As in the container: nobody's user, no capability and no way to get one.</summary>
    [Fact]
    public async Task A_host_without_any_right_but_its_data_folder_does_its_work_and_writes_nowhere_else()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"))
        {
            Assert.Skip("only root can give its rights away, with setpriv");
        }
        using var folder = new TempFolder();
        var data = Directory.CreateDirectory(folder.File("data")).FullName;
        await RunAsync("chmod", "755", folder.Path);
        // A copy that this user can read, wherever the project lies.
        var program = Directory.CreateDirectory(folder.File("program")).FullName;
        await RunAsync("cp", "-r", Path.GetDirectoryName(HostProcess.DllPath)! + "/.", program);
        await RunAsync("chmod", "-R", "a-w,a+rX", program);
        await RunAsync("chown", "65534:65534", data);
        var port = FreePort.Take();
        var start = new ProcessStartInfo("setpriv",
        [
            "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
            Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet", Path.Combine(program, "Consumers.Host.dll"), "run", "--urls", $"http://127.0.0.1:{port}",
        ])
        {
            WorkingDirectory = data, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["Consumers__Ledger__Path"] = Path.Combine(data, "ledger.db");
        start.Environment["Consumers__Email__PickupFolder"] = Path.Combine(data, "outbox");
        start.Environment["RABBITMQ_URL"] = "embedded";
        start.Environment["Consumers__Kafka__Enabled"] = "false";
        start.Environment["HOME"] = data;
        start.Environment["CONSUMER_ID"] = "confined-1";
        start.Environment.Remove("CONSUMERS_API_KEY");
        start.Environment.Remove("REDIS_URL");
        start.Environment.Remove("KAFKA_BOOTSTRAP_SERVERS");
        using var host = Process.Start(start)!;
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Eventually.TrueAsync(async () => await AnswersAsync(http, host), "it is ready", TimeSpan.FromSeconds(60));
            (await File.ReadAllLinesAsync($"/proc/{host.Id}/status", TestContext.Current.CancellationToken)).ShouldContain(line => line.StartsWith("CapEff:") && line.EndsWith("0000000000000000"));

            using var task = new StringContent("""{"id":"confined","type":"email","payload":{"to":"a@example.com","subject":"s","body":"b"}}""", System.Text.Encoding.UTF8, "application/json");
            (await http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), task, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            await Eventually.TrueAsync(async () => (await http.GetStringAsync(new Uri("/api/rabbit/tasks/confined", UriKind.Relative))).Contains("COMPLETED", StringComparison.Ordinal), "its task is done", TimeSpan.FromSeconds(30));

            Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).ShouldContain(file => file.EndsWith("ledger.db", StringComparison.Ordinal));
            Directory.EnumerateFileSystemEntries(program).Count().ShouldBe(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(HostProcess.DllPath)!).Count(), "nothing was added beside the program");
        }
        finally
        {
            host.Kill();
            await host.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async ValueTask<bool> AnswersAsync(HttpClient http, Process host)
    {
        if (host.HasExited)
        {
            Assert.Fail($"it ended with {host.ExitCode}:\n{await host.StandardOutput.ReadToEndAsync()}\n{await host.StandardError.ReadToEndAsync()}");
        }
        try
        {
            return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }
}
