using System.Text.Json;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Verify;

/// <summary>The verb itself, as a process: what it says, and that nothing of it is left.</summary>
[Collection(Fire.FireCollection.Name)]
public sealed class VerifyVerbTests
{
    private static readonly string[] Small = ["--broker", "kafka-mock", "--instances", "1", "--rate", "40", "--faults", "none", "--seed", "5"];

    [Fact]
    public async Task A_short_run_is_valid_and_leaves_nothing_behind()
    {
        using var folder = new TempFolder();
        await using var verify = Start(folder, [.. Small, "--seconds", "4", "--report", folder.File("out.json"), "--report", folder.File("out.html")]);
        await verify.WaitAsync(TimeSpan.FromSeconds(180));

        verify.ExitCode.ShouldBe(0, verify.LastLines);
        verify.LastLines.ShouldContain("VALID  (run with --seed 5 to repeat)");
        var report = JsonDocument.Parse(File.ReadAllText(folder.File("out.json"))).RootElement;
        report.GetProperty("verdict").GetString().ShouldBe("valid");
        report.GetProperty("figures").GetProperty("kafka").GetProperty("completed").GetInt32().ShouldBeGreaterThan(100);
        File.ReadAllText(folder.File("out.html")).ShouldContain("</svg>");
        Left(folder).ShouldBeEmpty();
        Directory.GetDirectories(folder.Path, "consumers-verify-*").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(9, 137)]
    public async Task Interrupted_or_killed_it_takes_all_that_it_started_with_it(int signal, int exitCode)
    {
        using var folder = new TempFolder();
        await using var verify = Start(folder, [.. Small, "--seconds", "600"]);
        await Eventually.TrueAsync(() => verify.LastLines.Contains("instances are ready", StringComparison.Ordinal), "the fleet is up", TimeSpan.FromSeconds(120));
        Left(folder).Count.ShouldBeGreaterThanOrEqualTo(2, "the mock cluster and the instance");

        verify.Signal(signal);
        await verify.WaitAsync(TimeSpan.FromSeconds(60));

        verify.ExitCode.ShouldBe(exitCode, verify.LastLines);
        await Eventually.TrueAsync(() => Left(folder).Count == 0 && Directory.GetDirectories(folder.Path, "consumers-verify-*").Length == 0, "all of it is gone");
    }

    /// <summary>Usually with half of the faults, and without the kill of the broker, which has a test of its own.</summary>
    [Fact]
    [Trait("Set", "quick")]
    public async Task A_run_on_RabbitMQ_is_valid()
    {
        using var folder = new TempFolder();
        await using var verify = Start(folder, LongTests.AreOn ? ["--profile", "quick", "--seed", "7341"] : ["--faults", "kill:1,cut,redis", "--seconds", "10", "--rate", "60", "--instances", "2", "--seed", "7341"]);
        await verify.WaitAsync(TimeSpan.FromSeconds(400));

        verify.ExitCode.ShouldBe(0, verify.LastLines);
    }

    [Fact]
    public async Task The_selftest_finds_eleven_of_eleven()
    {
        LongTests.Require("it is eleven runs: 4 min");
        using var folder = new TempFolder();
        await using var verify = Start(folder, ["--selftest", "--seed", "7"]);
        await verify.WaitAsync(TimeSpan.FromSeconds(900));

        verify.ExitCode.ShouldBe(0, verify.LastLines);
        verify.LastLines.ShouldContain("SELFTEST 11 of 11 sabotages found");
    }

    private static ChildProcess Start(TempFolder folder, string[] arguments) =>
        ChildProcess.Start("dotnet", [HostProcess.DllPath, "verify", .. arguments], _ => true, [new("TMPDIR", folder.Path)], folder.Path, folder.File("verify.out"));

    /// <summary>Processes that the run in this folder started.</summary>
    private static List<int> Left(TempFolder folder)
    {
        var found = new List<int>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(process), out var pid) && File.ReadAllText($"{process}/environ").Split('\0') is var environment
                    && environment.Contains($"TMPDIR={folder.Path}") && environment.Any(entry => entry.StartsWith(RunMark.Variable, StringComparison.Ordinal)))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or somebody else's.
            }
        }
        return found;
    }
}
