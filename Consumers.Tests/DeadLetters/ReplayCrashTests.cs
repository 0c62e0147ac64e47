using Consumers.Core;
using Consumers.Tests.Crash;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.DeadLetters;

/// <summary>The instance that replays dies between two writes: K15 and K16 of docs/crash-points.md.</summary>
public sealed class ReplayCrashTests
{
    private const int Count = 120;

    [Theory]
    [InlineData(CrashPoints.ReplayClaimed, 1)]
    [InlineData(CrashPoints.ReplayClaimed, 3)]
    [InlineData(CrashPoints.ReplayConfirmed, 1)]
    [InlineData(CrashPoints.ReplayConfirmed, 3)]
    public async Task Another_instance_goes_on_and_each_runs_once(string point, int hit)
    {
        await using var fleet = await ReplayFleet.CreateAsync();
        var victim = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>(CrashPoint.Variable, $"{point}#{hit}"));
        await fleet.SeedAsync(Count);
        var choice = OperationFleet.Replay();
        var preview = await fleet.Operations.PreviewAsync(choice, TestContext.Current.CancellationToken);

        await fleet.Operations.StartAsync(new OperationOrder("op", choice, preview.CutOff, preview.Count, "anna", null, Rate: 160), TestContext.Current.CancellationToken);
        await CrashRun.DiesAsync(victim, $"{point}#{hit}");

        fleet.Read("""SELECT "Claimed" > 0 AND "Waiting" > 0 AND "State" = 'running' FROM "Operations" """).ShouldBe("1", "it died with some in its hands");
        await fleet.StartAsync("consumer-2");
        var done = await fleet.UntilAsync(operation => operation.State == OperationState.Done, "another goes on to the end", "op");

        (done.Succeeded, done.Total).ShouldBe((Count, Count));
        fleet.ShouldHaveRunOnce(Count);
        fleet.Read("""SELECT group_concat("Action" || ' ' || "Result" || ' by ' || "Actor", '; ') FROM "Audit" """).ShouldBe("replay started by anna; end done by consumer-2");
    }
}
