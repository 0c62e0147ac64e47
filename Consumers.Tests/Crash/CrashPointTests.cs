namespace Consumers.Tests.Crash;

/// <summary>Every case goes the same way: to the point, dead, up again, and to the verdict.</summary>
internal static class OneCrash
{
    public static async Task RunAsync(CrashCase row)
    {
        await using var run = await CrashRun.CreateAsync(backoff: row.Backoff);
        await RunAsync(run, row);
    }

    public static async Task RunAsync(CrashRun run, CrashCase row)
    {
        await run.CrashAsync(row);
        CrashVerdict.CheckLedgerFile(run);
        var host = await run.StartAsync();
        await CrashVerdict.CheckAsync(run, host, row);
    }

    public static Task RunLongAsync(CrashCase row)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CONSUMERS_LONG_TESTS") == "1", "takes minutes; CONSUMERS_LONG_TESTS=1 runs it");
        return RunAsync(row);
    }
}

/// <summary>Between the row of a task that came through the API and the note that it is published.</summary>
[Trait("Set", "quick")]
public sealed class PublishingCrashTests
{
    public static TheoryData<string> Points => CrashMatrix.PointsOf(CrashMatrix.Publishing);

    [Theory]
    [MemberData(nameof(Points))]
    public Task A_task_is_published_after_the_crash_and_runs_once(string point) => OneCrash.RunAsync(CrashMatrix.First(point));

    [Theory]
    [MemberData(nameof(Points))]
    public Task Under_load_too(string point) => OneCrash.RunLongAsync(CrashMatrix.UnderLoad(point));
}

/// <summary>From the delivery to the commit of its outcome: the attempt is begun again.</summary>
[Trait("Set", "quick")]
public sealed class UnsettledCrashTests
{
    public static TheoryData<string> Points => CrashMatrix.PointsOf(CrashMatrix.BeforeTheOutcome);

    [Theory]
    [MemberData(nameof(Points))]
    public Task A_task_without_an_outcome_is_delivered_and_begun_again(string point) => OneCrash.RunAsync(CrashMatrix.First(point));

    [Theory]
    [MemberData(nameof(Points))]
    public Task Under_load_too(string point) => OneCrash.RunLongAsync(CrashMatrix.UnderLoad(point));
}

/// <summary>From the commit of a success to its ack: the handler does not run again.</summary>
[Trait("Set", "quick")]
public sealed class SettledCrashTests
{
    public static TheoryData<string> Points => CrashMatrix.PointsOf(CrashMatrix.AfterTheOutcome);

    [Theory]
    [MemberData(nameof(Points))]
    public Task A_completed_task_is_announced_and_not_run_again(string point) => OneCrash.RunAsync(CrashMatrix.First(point));

    [Theory]
    [MemberData(nameof(Points))]
    public Task Under_load_too(string point) => OneCrash.RunLongAsync(CrashMatrix.UnderLoad(point));
}

/// <summary>From the commit of a failure to its ack: what is owed is paid, once in effect.</summary>
[Trait("Set", "quick")]
public sealed class OwingCrashTests
{
    public static TheoryData<string> Points => CrashMatrix.PointsOf(CrashMatrix.Onward);

    [Theory]
    [MemberData(nameof(Points))]
    public Task A_retry_or_dead_letter_that_is_owed_is_paid_after_the_crash(string point) => OneCrash.RunAsync(CrashMatrix.First(point));

    [Theory]
    [MemberData(nameof(Points))]
    public Task Under_load_too(string point) => OneCrash.RunLongAsync(CrashMatrix.UnderLoad(point));
}
