using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Sigterm_under_load_finishes_what_runs_exits_0_and_runs_nothing_twice()
    {
        await using var fleet = await Fleet.CreateAsync();
        var first = await fleet.StartAsync("consumer-1");
        var tasks = Enumerable.Range(0, 400).Select(_ => Fleet.Sleep(20)).ToArray();
        await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(first), "completed") > 20, "work is under way");

        (await first.TerminateAsync()).ShouldBe(0, first.Output);
        var second = await fleet.StartAsync("consumer-2");
        await Fleet.QuiesceAsync(second, tasks.Length);

        var byFirst = 0;
        foreach (var task in tasks)
        {
            var found = (await Fleet.FindAsync(second, task.Id)).ShouldNotBeNull();
            found.GetProperty("status").GetString().ShouldBe("COMPLETED");
            found.GetProperty("attempts").GetArrayLength().ShouldBe(1, found.ToString());
            byFirst += found.GetProperty("workerId").GetString() == "consumer-1" ? 1 : 0;
        }
        byFirst.ShouldBeInRange(21, 399, "the first was stopped in the middle");
        // Not only suppressed by the guard: what was acknowledged at the stop was not delivered again at all.
        (await Fleet.StatsAsync(second)).GetProperty("instance").GetProperty("duplicates").GetInt64().ShouldBe(0);
    }
}
