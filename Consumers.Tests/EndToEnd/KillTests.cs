using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

/// <summary>kill -9 of an instance under load: nothing lost, nothing stuck, no settled attempt twice.</summary>
public sealed class KillTests
{
    private const int Kills = 5;

    [Fact]
    public async Task Kill_9_under_load_loses_nothing_and_leaves_nothing_stuck()
    {
        await using var fleet = await Fleet.CreateAsync();
        var survivor = await fleet.StartAsync("consumer-1");
        var published = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        var publishing = PublishAsync(fleet, survivor, published, enough.Token);
        var runningAtKills = 0L;

        for (var kill = 0; kill < Kills; kill++)
        {
            var victim = await fleet.StartAsync("consumer-2");
            var running = 0L;
            await Eventually.TrueAsync(
                async () =>
                {
                    var own = (await Fleet.StatsAsync(victim)).GetProperty("instance");
                    running = own.GetProperty("running").GetInt64();
                    return own.GetProperty("completed").GetInt64() > 20 && running >= 3;
                },
                "the victim is at work");
            victim.Kill9();
            runningAtKills += running;
        }
        await enough.CancelAsync();
        await publishing;
        var stats = await Fleet.QuiesceAsync(survivor, published.Count, TimeSpan.FromSeconds(180));

        Fleet.Of(stats, "completed").ShouldBe(published.Count, "every confirmed task is completed: none lost, none stuck, none dead-lettered");
        var (succeededTwice, begunAgain) = (0, 0);
        foreach (var id in published)
        {
            var attempts = (await Fleet.FindAsync(survivor, id)).ShouldNotBeNull().GetProperty("attempts").EnumerateArray().ToArray();
            succeededTwice += attempts.Count(attempt => attempt.GetProperty("outcome").GetString() == "success") > 1 ? 1 : 0;
            begunAgain += attempts.Length - 1;
        }
        succeededTwice.ShouldBe(0, "no attempt is settled twice");
        begunAgain.ShouldBeGreaterThanOrEqualTo(Kills, "a kill that interrupted nothing proves nothing");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        await BalancesAsync(survivor, published.Count);
        // Each of the killed left a receipt, written by whoever saw its end.
        var restarts = (await survivor.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/fleet", UriKind.Relative))).GetProperty("restarts").EnumerateArray().ToArray();
        restarts.Count(restart => restart.GetProperty("name").GetString() == "consumer-2" && restart.GetProperty("reason").GetString() == DrainReceipt.Died).ShouldBe(Kills);
        restarts.Sum(restart => restart.GetProperty("takenOver").GetInt32()).ShouldBeGreaterThanOrEqualTo(begunAgain, "every second begin was caused by one of the deaths, and by a receipt that says so");
        (await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue)).ShouldBe(0);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"kills {Kills}, running at the kills {runningAtKills}, published {published.Count}, lost 0, stuck 0, begun again {begunAgain}, settled twice 0");
    }

    private static async Task BalancesAsync(HostProcess host, int tasks)
    {
        JsonElement balance = default;
        await Eventually.TrueAsync(
            async () =>
            {
                var fleet = await host.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/fleet", UriKind.Relative));
                balance = fleet.GetProperty("balance").EnumerateArray().Single(of => of.GetProperty("module").GetString() == "rabbit");
                return balance.GetProperty("completed").GetInt64() == tasks && balance.GetProperty("difference") is { ValueKind: JsonValueKind.Number } difference && difference.GetInt64() == 0
                    && balance.GetProperty("published").GetInt64() == tasks && balance.GetProperty("unrecorded").GetInt64() == 0;
            },
            () => $"it balances again after the kills; last seen {balance}");
    }

    /// <summary>Keeps a backlog until it is enough.</summary>
    private static async Task PublishAsync(Fleet fleet, HostProcess host, ConcurrentQueue<string> published, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            if (published.Count - Fleet.Of(await Fleet.StatsAsync(host), "completed") > 1000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
                continue;
            }
            var tasks = Enumerable.Range(0, 100).Select(_ => Fleet.Sleep(15)).ToArray();
            await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
            foreach (var task in tasks)
            {
                published.Enqueue(task.Id);
            }
        }
    }
}
