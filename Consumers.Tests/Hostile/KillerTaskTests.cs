using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Hostile;

using Fleet = Consumers.Tests.EndToEnd.Fleet;

/// <summary>Tasks that kill the process they run in, in a fleet of three that is restarted whenever one dies.</summary>
public sealed class KillerTaskTests
{
    private static readonly string[] Names = ["consumer-1", "consumer-2", "consumer-3"];

    private static readonly KeyValuePair<string, string>[] Settings =
    [
        new("Consumers__Flaky__AllowCrashes", "true"),
        // 200 MiB: enough for a fleet's daily work, and soon exhausted.
        new("DOTNET_GCHeapHardLimit", "0xC800000"),
    ];

    [Theory]
    [InlineData("exit", true)]
    [InlineData("fail-fast", true)]
    [InlineData("stack-overflow", false)]
    [InlineData("exhaust-memory", false)]
    public async Task A_killer_costs_three_processes_at_most_is_dead_lettered_as_crashed_and_takes_no_good_task_with_it(string mode, bool isLong)
    {
        Assert.SkipWhen(isLong && !LongTests.AreOn, "one of four ways to die; set CONSUMERS_LONG_TESTS=1");
        await using var fleet = await Fleet.CreateAsync();
        var hosts = await Task.WhenAll(Names.Select(name => fleet.StartAsync(name, Settings)));
        var killer = MisbehavingHandlerTests.Flaky(mode, afterMs: 100);
        var good = Enumerable.Range(0, 49).Select(_ => Fleet.Sleep(200)).ToArray();

        // In the middle, so that others run beside it when it kills for the first time.
        await MisbehavingHandlerTests.PublishAsync(fleet, [.. good[..5], killer, .. good[5..]]);

        var deaths = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                for (var i = 0; i < hosts.Length; i++)
                {
                    if (hosts[i].HasExited)
                    {
                        deaths++;
                        hosts[i] = await fleet.StartAsync(Names[i], Settings);
                    }
                }
                return await IsQuietAsync(hosts, 50);
            },
            () => $"50 tasks are final; {deaths} deaths so far. {hosts[0].Output}",
            TimeSpan.FromSeconds(120));

        deaths.ShouldBeInRange(1, 3);
        var found = (await Fleet.FindAsync(hosts[0], killer.Id)).ShouldNotBeNull();
        found.GetProperty("status").GetString().ShouldBe("FAILED", found.ToString());
        await Eventually.TrueAsync(() => fleet.Broker.DeadLetters.Count > 0, "the dead letter is there");
        var dead = fleet.Broker.DeadLetters.ShouldHaveSingleItem();
        dead.Headers[TaskHeaders.DeadReason].ShouldBe("crashed");
        dead.MessageId.ShouldBe(killer.Id);
        foreach (var task in good)
        {
            (await Fleet.FindAsync(hosts[0], task.Id)).ShouldNotBeNull().GetProperty("status").GetString().ShouldBe("COMPLETED");
        }
        var beside = 0;
        foreach (var task in good)
        {
            beside += (await Fleet.FindAsync(hosts[0], task.Id))!.Value.GetProperty("attempts").GetArrayLength() - 1;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{mode}: {deaths} deaths, {beside} begun attempts of good tasks died with them, 49 of 49 good tasks completed");
    }

    /// <summary>A host may die while it is asked.</summary>
    private static async Task<bool> IsQuietAsync(HostProcess[] hosts, int tasks)
    {
        try
        {
            var stats = await Fleet.StatsAsync(hosts[0]);
            return Fleet.Of(stats, "completed") + Fleet.Of(stats, "failed") == tasks;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
