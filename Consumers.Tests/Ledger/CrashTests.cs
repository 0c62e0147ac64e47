using System.Diagnostics;
using Consumers.Core;
using Consumers.Ledger;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

/// <summary>Owners that die: each "process" is a real one, and is really killed.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_dead_process_on_this_host_is_taken_over_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var ledger = new TestLedger();
        var other = await ledger.StartAsync("other");
        using var process = await BeginInAProcessAsync(ledger, "victim", "t", solitary: false);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.RunningElsewhere.Instance);

        await KillAsync(process);

        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
        (await other.BeginAsync("t")).ShouldBe(AttemptBegin.Suspect.Instance);
        ledger.Read("SELECT SharedDeaths FROM Tasks").ShouldBe("1", "one death is counted once");
        (await other.BegunAsync("t", solitary: true)).Key.Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task A_task_that_kills_the_process_three_times_is_dead_lettered()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var ledger = new TestLedger();
        var other = await ledger.StartAsync("other");
        foreach (var (name, solitary) in new[] { ("one", false), ("two", true), ("three", true) })
        {
            using var process = await BeginInAProcessAsync(ledger, name, "t", solitary);
            await KillAsync(process);
        }

        var settled = (await other.BeginAsync("t")).ShouldBeOfType<AttemptBegin.AlreadySettled>();

        settled.Owed.ShouldBe(new Settlement.DeadLetter(DeadReason.Crashed, "the process died 3 times while it ran this task; last on three"));
        settled.Status!.Status.ShouldBe("FAILED");
        ledger.Read("SELECT COUNT(*) FROM Attempts WHERE Outcome = 'process died'").ShouldBe("3");
        ledger.Read("SELECT Status || DeadReason FROM Tasks").ShouldBe("FAILEDcrashed");
    }

    [Fact]
    public async Task A_neighbour_that_dies_with_others_again_and_again_is_not_blamed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var ledger = new TestLedger();
        var other = await ledger.StartAsync("other");
        for (var death = 0; death < 5; death++)
        {
            // Suspects are begun alone, so shared deaths after the first are written by hand.
            using var process = await BeginInAProcessAsync(ledger, $"p{death}", "t", solitary: true);
            ledger.Read("UPDATE Tasks SET Solitary = 0");
            await KillAsync(process);
        }

        (await other.BegunAsync("t", solitary: true)).Key.Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task Deaths_are_forgotten_when_the_attempt_is_settled()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var ledger = new TestLedger();
        var other = await ledger.StartAsync("other");
        using (var process = await BeginInAProcessAsync(ledger, "victim", "t", solitary: false))
        {
            await KillAsync(process);
        }
        var alone = (await other.BeginAsync("t", solitary: true)).ShouldBeOfType<AttemptBegin.Begun>();
        await other.SettleAsync(alone, other.RetryIn(alone, 0));

        (await other.BegunAsync("t", retryCount: 1)).Key.Attempt.ShouldBe(2);
    }

    /// <summary>Begins the attempt as if in that process: the row of the instance names a process that only sleeps.</summary>
    private static async Task<Process> BeginInAProcessAsync(TestLedger ledger, string name, string id, bool solitary)
    {
        var instance = await ledger.StartAsync(name);
        var process = Process.Start("sleep", "300");
        ledger.Read($"UPDATE Instances SET Pid = {process.Id}, ProcessStart = {HostIdentity.StartOf(process.Id)} WHERE Name = '{name}'");
        (await instance.BeginAsync(id, solitary: solitary)).ShouldBeOfType<AttemptBegin.Begun>();
        return process;
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
    }
}
