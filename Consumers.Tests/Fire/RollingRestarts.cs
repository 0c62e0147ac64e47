using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>SIGTERM and start again, one instance after the other, under load and with nothing that would suppress a duplicate.</summary>
[Collection(FireCollection.Name)]
public sealed class RollingRestarts
{
    [Fact]
    public async Task Rolling_restarts_without_a_guard_lose_nothing_and_do_nothing_twice()
    {
        var restarts = FireRun.Rounds(usually: 4, longer: 20);
        await using var run = new FireRun(FireRun.SharedBroker(), isGuarded: false, seed: 4211);
        await run.StartAsync("consumer-1", "consumer-2");

        for (var restart = 0; restart < restarts; restart++)
        {
            var name = $"consumer-{(restart % 2) + 1}";
            await run.AtWorkAsync(name);
            await run.TerminateAsync(name);
            await run.StartOneAsync(name);
        }
        var report = await run.GradeAsync($"SIGTERM and restart, {restarts} times, without guard and ledger rows, {FireLoad.PerSecond} tasks a second");

        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
        report.Figures.Effects.ShouldBeGreaterThan(report.Figures.Published, "a retry has an effect of its own");
        (report.Figures.SecondEffects + report.Figures.Reruns).ShouldBe(0);
    }
}
