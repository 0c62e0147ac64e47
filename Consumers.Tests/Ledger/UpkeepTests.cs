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
    public async Task Looking_for_old_tasks_in_a_large_ledger_pauses_between_its_steps()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        await instance.SettleAsync(await instance.BegunAsync("first"), Settlement.Ack.Instance);
        // As if so many had been between the two.
        ledger.Read("UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'Tasks'");
        await instance.SettleAsync(await instance.BegunAsync("last"), Settlement.Ack.Instance);
        var time = new Shifted(ledger.Time);
        using var sweep = new RetentionSweep(instance.Database, instance.Writer, time, NullLogger<RetentionSweep>.Instance);

        (await sweep.SweepAsync(CancellationToken.None)).ShouldBe(0);

        ledger.Read("SELECT MAX(Row) FROM Tasks").ShouldBe("20001");
        time.Timers.ShouldBeGreaterThanOrEqualTo(10);
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
        /// <summary>How many were asked for.</summary>
        public int Timers { get; private set; }

        public override DateTimeOffset GetUtcNow() => now.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
