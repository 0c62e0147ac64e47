using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

/// <summary>The same crashes with Kafka as the broker, and the same verdict. A dead consumer is missed when its session has timed out, so most of these are long.</summary>
public sealed class KafkaCrashTests
{
    /// <summary>Known and not acknowledged; a retry twice in the broker; a dead letter twice in the broker.</summary>
    private static readonly string[] Telling = [CrashPoints.StatusConfirmed, CrashPoints.RetryConfirmed, CrashPoints.DeadLetterConfirmed];

    public static TheoryData<string> Points => CrashMatrix.PointsOf(CrashMatrix.OverKafka);

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_crash_at_the_first_hit_ends_as_it_must(string point)
    {
        if (!Telling.Contains(point))
        {
            LongTests.Require("a crash and a session timeout");
        }
        await RunAsync(CaseOf(point));
    }

    [Theory]
    [MemberData(nameof(Points))]
    public Task Under_load_too(string point)
    {
        LongTests.Require("forty tasks, a crash and a session timeout");
        return RunAsync(CaseOf(point).UnderLoad(hit: 7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_crash_in_the_drain_loses_nothing(int tasks)
    {
        LongTests.Require("a crash and a session timeout");
        await using var run = await CrashRun.OnKafkaAsync(mailDelay: TimeSpan.FromMilliseconds(tasks == 1 ? 5000 : 200));
        // Its mail counts, and the answer takes so long that the drain begins before the handler returns.
        var row = new CrashCase(CrashPoints.Draining, Tries: 2, Died: 1) { Tasks = tasks };
        var victim = await run.StartAsync($"{row.Point}#1");
        await run.PublishAsync(row, victim);
        await Eventually.TrueAsync(() => run.Mailbox.Total >= 1, "work is under way", TimeSpan.FromSeconds(60));

        victim.Terminate();
        await CrashRun.DiesAsync(victim, row.Point);

        CrashVerdict.CheckLedgerFile(run);
        await CrashVerdict.CheckAsync(run, await run.StartAsync(), row);
    }

    private static async Task RunAsync(CrashCase row)
    {
        await using var run = await CrashRun.OnKafkaAsync(backoff: row.Backoff);
        await OneCrash.RunAsync(run, row);
    }

    private static CrashCase CaseOf(string point) => CrashMatrix.OverKafka.Single(row => row.Point == point);
}
