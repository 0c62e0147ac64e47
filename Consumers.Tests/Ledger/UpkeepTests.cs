using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class UpkeepTests
{
    [Fact]
    public async Task Old_tasks_that_ended_are_removed_with_their_attempts()
    {
        await using var ledger = new TestLedger();
        ledger.Options.RetentionBatch = 7;
        var instance = await ledger.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            await instance.SettleAsync(await instance.BegunAsync($"old-{i}"), i % 2 == 0 ? Settlement.Ack.Instance : new Settlement.DeadLetter(DeadReason.Permanent, "no"));
        }
        var waits = await instance.BegunAsync("waits");
        await instance.SettleAsync(waits, instance.RetryIn(waits, 1));
        ledger.Time.Advance(ledger.Options.Retention + TimeSpan.FromSeconds(1));
        await instance.SettleAsync(await instance.BegunAsync("new"), Settlement.Ack.Instance);
        using var sweep = new RetentionSweep(instance.Database, instance.Writer, new Shifted(ledger.Time), NullLogger<RetentionSweep>.Instance);

        (await sweep.SweepAsync(CancellationToken.None)).ShouldBe(30);

        ledger.Read("SELECT group_concat(Id) FROM (SELECT Id FROM Tasks ORDER BY Row)").ShouldBe("waits,new");
        ledger.Read("SELECT COUNT(*) FROM Attempts").ShouldBe("2");
        ledger.Read("SELECT COUNT(*) FROM TaskBodies").ShouldBe("2");
        (await instance.Queries.CountAsync(null, CancellationToken.None)).Values.Sum().ShouldBe(2);
    }

    [Fact]
    public async Task Checkpoints_keep_the_write_ahead_log_bounded()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        using var checkpointer = new Checkpointer(instance.Database, instance.Writer, ledger.Time, NullLogger<Checkpointer>.Instance);
        var largest = 0L;
        var payload = $"\"{new string('x', 100_000)}\"";
        for (var round = 0; round < 60; round++)
        {
            await instance.Tasks.EnqueueAsync("rabbit", [.. Enumerable.Range(0, 10).Select(i => TestInstance.Message($"t{round}-{i}", payload: payload))], CancellationToken.None);
            checkpointer.Look();
            largest = Math.Max(largest, new FileInfo(ledger.Path + "-wal").Length);
        }

        new FileInfo(ledger.Path).Length.ShouldBeGreaterThan(40_000_000);
        largest.ShouldBeLessThan(Checkpointer.CopyFrom * 3);
    }

    [Fact]
    public async Task One_process_makes_the_checkpoints_and_another_follows_it()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        var lockFile = instance.Database.Path + ".checkpoint.lock";

        using (FileLock.TryTake(lockFile).ShouldNotBeNull())
        {
            FileLock.TryTake(lockFile).ShouldBeNull();
        }
        FileLock.TryTake(lockFile).ShouldNotBeNull().Dispose();
    }

    /// <summary>The time of one clock with the timers of the real one.</summary>
    private sealed class Shifted(TimeProvider now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.GetUtcNow();
    }
}
