using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of one of three instances, round after round, under load.</summary>
[Collection(FireCollection.Name)]
public sealed class KillRounds
{
    [Fact]
    public async Task Kill_9_round_after_round_loses_nothing_leaves_nothing_stuck_and_does_nothing_twice()
    {
        var rounds = FireRun.Rounds(usually: 3, longer: 10);
        await using var run = new FireRun(FireRun.SharedBroker(), isGuarded: true, seed: 7341);
        await run.StartAsync("consumer-1", "consumer-2", "consumer-3");

        for (var round = 0; round < rounds; round++)
        {
            var victim = $"consumer-{(round % 3) + 1}";
            await run.AtWorkAsync(victim);
            await run.KillAsync(victim);
            await run.StartOneAsync(victim);
        }
        var report = await run.GradeAsync($"kill -9 of one of 3 instances, {rounds} rounds, {FireLoad.PerSecond} tasks a second");

        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
        report.Figures.Faults.ShouldBe(rounds);
        report.Figures.SecondEffects.ShouldBe(0);
    }
}

/// <summary>One at a time, and beside nothing else: each fleet needs the machine, and a kill must meet it at work.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FireCollection
{
    public const string Name = "fire";
}
