using Consumers.Host.Hosting;
using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of one of three instances of the Kafka module, under load.</summary>
[Collection(FireCollection.Name)]
public sealed class KafkaKillRounds
{
    [Fact]
    public async Task Kill_9_of_one_of_three_on_Kafka_loses_nothing_leaves_nothing_stuck_and_does_nothing_twice()
    {
        var rounds = FireRun.Rounds(usually: 1, longer: 6);

        var result = await FireRun.RunAsync(seed: 7342, FaultPlan.Of(Enumerable.Repeat(FaultKind.Kill, rounds)), broker: null, ModuleSwitches.Kafka);

        result.Proof.Verdict.ShouldBe(ProofVerdict.Valid);
        result.Faults.Count(fault => fault.AtSeconds is not null).ShouldBe(rounds);
        result.Proof.Modules[ModuleSwitches.Kafka].Figures.SecondEffects.ShouldBe(0);
    }
}
