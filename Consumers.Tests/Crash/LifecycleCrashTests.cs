using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

/// <summary>Crashes on the way up and on the way down.</summary>
public sealed class LifecycleCrashTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_crash_in_the_drain_loses_nothing(int tasks)
    {
        await using var run = await CrashRun.CreateAsync(mailDelay: TimeSpan.FromMilliseconds(tasks == 1 ? 5000 : 200));
        // Its mail counts, and the answer takes so long that the drain begins before the handler returns.
        var row = new CrashCase(CrashPoints.Draining, Tries: 2, Died: 1) { Tasks = tasks };
        var victim = await run.StartAsync($"{row.Point}#1");
        await run.PublishAsync(row, victim);
        await Eventually.TrueAsync(() => run.Mailbox.Total >= 1, "work is under way");

        victim.Terminate();
        await CrashRun.DiesAsync(victim, row.Point);

        CrashVerdict.CheckLedgerFile(run);
        await CrashVerdict.CheckAsync(run, await run.StartAsync(), row);
    }

    /// <param name="hit">1 in the middle of making its tables, 2 with them made.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_first_start_that_crashes_with_a_new_ledger_leaves_one_that_the_next_start_can_use(int hit)
    {
        await using var run = await CrashRun.CreateAsync();
        var row = new CrashCase(CrashPoints.Recovering, ThroughApi: true);
        await run.DieAtStartAsync($"{row.Point}#{hit}");
        CrashVerdict.CheckLedgerFile(run);

        var host = await run.StartAsync();
        await run.PublishAsync(row, host);
        await CrashVerdict.CheckAsync(run, host, row);
    }

    [Fact]
    public async Task A_recovery_that_crashes_three_times_comes_to_the_same_end()
    {
        await using var run = await CrashRun.CreateAsync();
        var row = CrashMatrix.UnderLoad(CrashPoints.Queued);
        await run.CrashAsync(row);
        for (var hit = 1; hit <= 3; hit++)
        {
            await run.DieAtStartAsync($"{CrashPoints.Recovering}#{hit}");
            CrashVerdict.CheckLedgerFile(run);
        }

        await CrashVerdict.CheckAsync(run, await run.StartAsync(), row);
    }
}
