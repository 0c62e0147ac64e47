using Consumers.Host.Proof;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Fire;

/// <summary>kill -9 of one of three instances of the Kafka module, under load.</summary>
[Collection(FireCollection.Name)]
public sealed class KafkaKillRounds
{
    [Fact]
    public async Task Kill_9_of_one_of_three_on_Kafka_loses_nothing_leaves_nothing_stuck_and_does_nothing_twice()
    {
        var rounds = FireRun.Rounds(usually: 1, longer: 6);
        await using var run = new FireRun(new KafkaFireBroker(await KafkaBroker.StartAsync(partitions: 6)), isGuarded: true, seed: 7342);
        await run.StartAsync("consumer-1", "consumer-2", "consumer-3");

        for (var round = 0; round < rounds; round++)
        {
            var victim = $"consumer-{(round % 3) + 1}";
            await run.AtWorkAsync(victim);
            await run.KillAsync(victim);
            await run.StartOneAsync(victim);
        }
        await run.GoesOnAsync(100);
        var report = await run.GradeAsync($"Kafka: kill -9 of one of 3 instances, {rounds} rounds, {FireLoad.PerSecond} tasks a second");

        report.Verdict.ShouldBe(ProofVerdict.Valid, report.ToString());
        report.Figures.Faults.ShouldBe(rounds);
        report.Figures.SecondEffects.ShouldBe(0);
    }
}
