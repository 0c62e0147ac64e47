using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of one of three instances, round after round, under load.</summary>
[Collection(FireCollection.Name)]
[Trait("Set", "quick")]
public sealed class KillRounds
{
    [Fact]
    public async Task Kill_9_round_after_round_loses_nothing_leaves_nothing_stuck_and_does_nothing_twice()
    {
        var rounds = FireRun.Rounds(usually: 3, longer: 10);

        var result = await FireRun.RunAsync(seed: 7341, FaultPlan.Of(Enumerable.Repeat(FaultKind.Kill, rounds)), FireRun.SharedBroker());

        result.Proof.Verdict.ShouldBe(ProofVerdict.Valid);
        result.Faults.Count(fault => fault.AtSeconds is not null).ShouldBe(rounds);
        result.Proof.Modules["rabbit"].Figures.SecondEffects.ShouldBe(0);
    }
}

/// <summary>One at a time, and beside nothing else: each fleet needs the machine, and a kill must meet it at work.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FireCollection
{
    public const string Name = "fire";
}
