using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

/// <summary>The matrix is whole, and what sets a crash off can be trusted.</summary>
public sealed class CrashMatrixTests
{
    [Fact]
    public void Every_crash_point_has_its_case() =>
        CrashMatrix.All.Select(row => row.Point).Concat(CrashMatrix.OfTheProcess).Concat(CrashMatrix.OfKafka).Concat(CrashMatrix.OfReplay).Concat(CrashMatrix.OfTheArchive)
            .ShouldBe(CrashPoints.All, ignoreOrder: true);

    [Fact]
    public void Every_crash_point_is_in_the_document()
    {
        var rows = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "docs", "crash-points.md"));

        CrashPoints.All.Where(point => !rows.Any(row => row.StartsWith($"| {point} |", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_named_hit_of_the_named_point_is_the_last()
    {
        var fuse = CrashPoint.Fuse.From("K7#3").ShouldNotBeNull();

        string[] reached = ["K7", "K8", "K7", "K8", "K8", "K7", "K7"];
        reached.Select(fuse.IsLast).ShouldBe([false, false, false, false, false, true, false]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nothing_set_arms_nothing(string? text)
    {
        CrashPoint.Fuse.From(text).ShouldBeNull();
        CrashPoint.Fuse.ProblemOf(text).ShouldBeNull();
    }

    [Theory]
    [InlineData("K99")]
    [InlineData("K7#0")]
    [InlineData("K7#x")]
    [InlineData("K7#1#2")]
    [InlineData("7")]
    public async Task A_crash_that_could_never_happen_stops_the_start(string text)
    {
        using var folder = new TempFolder();
        CrashPoint.Fuse.From(text).ShouldBeNull();

        var (exit, _, error) = await HostProcess.RunAsync(["run", "--urls", $"http://127.0.0.1:{FreePort.Take()}"], [new(CrashPoint.Variable, text)], folder);

        exit.ShouldBe(2, error);
        error.ShouldContain($"{CrashPoint.Variable} is '{text}', but must be one of K0, K1");
    }
}
