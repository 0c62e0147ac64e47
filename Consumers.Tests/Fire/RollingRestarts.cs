using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>SIGTERM and start again, one instance after the other, under load and with nothing that would suppress a duplicate.</summary>
[Collection(FireCollection.Name)]
[Trait("Set", "quick")]
public sealed class RollingRestarts
{
    [Fact]
    public async Task Rolling_restarts_without_a_guard_lose_nothing_and_do_nothing_twice()
    {
        var restarts = FireRun.Rounds(usually: 5, longer: 20);

        var result = await FireRun.RunAsync(seed: 4211, FaultPlan.Of(Enumerable.Repeat(FaultKind.Term, restarts)), FireRun.SharedBroker(), instances: 2, isGuarded: false);

        result.Proof.Verdict.ShouldBe(ProofVerdict.Valid);
        var figures = result.Proof.Modules["rabbit"].Figures;
        figures.Effects.ShouldBeGreaterThan(figures.Published, "a retry has an effect of its own");
        (figures.SecondEffects + figures.Reruns).ShouldBe(0);
    }
}
