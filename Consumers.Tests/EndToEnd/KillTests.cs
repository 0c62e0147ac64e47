using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

/// <summary>kill -9 of an instance under load: nothing lost, nothing stuck, no settled attempt twice.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Kill_9_under_load_loses_nothing_and_leaves_nothing_stuck()
    {
        const int tasks = 3000;
        const int kills = 4;
        await using var fleet = await Fleet.CreateAsync();
        var survivor = await fleet.StartAsync("consumer-1");
        var victim = await fleet.StartAsync("consumer-2");
        var published = Enumerable.Range(0, tasks).Select(_ => Fleet.Sleep(4)).ToArray();
        var publishing = PublishAsync(fleet, published);
        var inFlightAtKills = 0L;

        for (var kill = 1; kill <= kills; kill++)
        {
            var goal = tasks * kill / (kills + 2);
            await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(survivor), "completed") >= goal, $"{goal} tasks are completed", TimeSpan.FromSeconds(120));
            inFlightAtKills += Fleet.Of(await Fleet.StatsAsync(survivor), "processing");
            victim.Kill9();
            victim = await fleet.StartAsync("consumer-2");
        }
        await publishing;
        var stats = await Fleet.QuiesceAsync(survivor, tasks, TimeSpan.FromSeconds(180));

        inFlightAtKills.ShouldBeGreaterThan(0, "a kill with nothing in flight proves nothing");
        Fleet.Of(stats, "completed").ShouldBe(tasks);
        var (twice, again) = (0, 0);
        foreach (var task in published)
        {
            var attempts = (await Fleet.FindAsync(survivor, task.Id)).ShouldNotBeNull().GetProperty("attempts").EnumerateArray().ToArray();
            twice += attempts.Count(attempt => attempt.GetProperty("outcome").GetString() == "success") > 1 ? 1 : 0;
            again += attempts.Length - 1;
        }
        twice.ShouldBe(0, "no attempt is settled twice");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        (await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue)).ShouldBe(0);
        TestContext.Current.TestOutputHelper?.WriteLine($"kills {kills}, in flight at the kills {inFlightAtKills}, lost 0, stuck 0, attempts begun again {again}");
    }

    private static async Task PublishAsync(Fleet fleet, TaskMessage[] tasks)
    {
        foreach (var chunk in tasks.Chunk(100))
        {
            await Task.WhenAll(chunk.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        }
    }
}
