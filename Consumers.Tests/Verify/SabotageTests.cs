using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Verify;

/// <summary>A promise is broken on purpose only where a run of verify asked for it.</summary>
public sealed class SabotageTests
{
    [Theory]
    [InlineData(null, "/tmp/h", null)]
    [InlineData("", null, null)]
    [InlineData("no-guard@/tmp/h", "/tmp/h", null)]
    [InlineData("no-guard@/tmp/h", "/tmp/other", "writes no history into that folder")]
    [InlineData("no-guard@/tmp/h", null, "writes no history into that folder")]
    [InlineData("no-guard", "/tmp/h", "must be one of ack-before-outcome, ")]
    [InlineData("no-guard@", "", "must be one of ")]
    [InlineData("no-gard@/tmp/h", "/tmp/h", "must be one of ")]
    public void Only_a_name_with_the_folder_of_the_history_is_taken(string? text, string? folder, string? problem)
    {
        if (problem is null)
        {
            Sabotage.ProblemOf(text, folder).ShouldBeNull();
        }
        else
        {
            Sabotage.ProblemOf(text, folder).ShouldNotBeNull().ShouldContain(problem);
        }
    }

    [Fact]
    public void This_process_keeps_its_promises() => Sabotage.Active.ShouldBeNull();

    [Fact]
    public async Task A_host_that_is_told_to_break_one_by_accident_does_not_start()
    {
        using var folder = new TempFolder();
        var (exit, _, error) = await HostProcess.RunAsync(["run", "--urls", $"http://127.0.0.1:{FreePort.Take()}"], [new(Sabotage.Variable, $"no-guard@{folder.Path}"), new("RABBITMQ_URL", "embedded")], folder);

        exit.ShouldBe(2, error);
        error.ShouldContain("CONSUMERS_SABOTAGE is 'no-guard@");
        error.ShouldContain("remove it");
    }
}
