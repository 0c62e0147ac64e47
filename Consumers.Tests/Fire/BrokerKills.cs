using System.Globalization;
using Consumers.Host.Proof;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of the broker itself, under load.</summary>
[Collection(FireCollection.Name)]
public sealed class BrokerKills
{
    [Fact]
    public async Task Kill_9_of_the_broker_loses_nothing_that_it_had_confirmed()
    {
        var kills = FireRun.Rounds(usually: 1, longer: 3);
        await using var node = new BrokerNode();
        await node.ReadyAsync();
        await using var run = new FireRun(node.Url, isGuarded: true, seed: 91);
        await run.StartAsync("consumer-1", "consumer-2");
        var firstAcks = new List<string>();

        for (var kill = 0; kill < kills; kill++)
        {
            await run.GoesOnAsync(tasks: 200);
            await run.AtWorkAsync("consumer-1");
            run.Fault("plan", FaultSeen.BrokerKill, node.Pid);
            run.FaultProven(FaultSeen.BrokerKill, await node.Kill9Async());
            await node.RestartAsync();
            var open = FireRun.NowUs();
            IReadOnlyList<long> acks = [];
            await Eventually.TrueAsync(() => (acks = run.AcksSince(open)).Count > 0, "tasks complete again", TimeSpan.FromSeconds(90));
            firstAcks.Add(((acks[0] - open) / 1e6).ToString("0.0 s", CultureInfo.InvariantCulture));
        }
        await run.GoesOnAsync(tasks: 200);
        var report = await run.GradeAsync($"kill -9 of the broker, {kills} times; first task acknowledged after its port was open again: {string.Join(", ", firstAcks)}");

        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
        report.Figures.Faults.ShouldBe(kills);
        report.Figures.SecondEffects.ShouldBe(0);
        report.Figures.Duplicates.ShouldBeGreaterThan(0, "a broker that dies with nothing unacknowledged proves nothing");
    }
}
