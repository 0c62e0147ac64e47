using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of the broker itself, under load.</summary>
[Collection(FireCollection.Name)]
public sealed class BrokerKills
{
    [Fact]
    public async Task Kill_9_of_the_broker_loses_nothing_that_it_had_confirmed()
    {
        Assert.SkipWhen(RabbitNode.Binaries is null, "RabbitMQ's server is not installed here: this test needs a node of its own");
        var kills = FireRun.Rounds(usually: 1, longer: 3);

        var result = await FireRun.RunAsync(seed: 91, FaultPlan.Of(Enumerable.Repeat(FaultKind.Broker, kills)), broker: null, instances: 2);

        result.Proof.Verdict.ShouldBe(ProofVerdict.Valid);
        result.Faults.Count(fault => fault.AtSeconds is not null).ShouldBe(kills);
        var figures = result.Proof.Modules["rabbit"].Figures;
        figures.SecondEffects.ShouldBe(0);
        figures.Duplicates.ShouldBeGreaterThan(0, "a broker that dies with nothing unacknowledged proves nothing");
    }
}
