using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.EndToEnd;

/// <summary>Somebody purges the queues: every state that a task can wait in loses its message.</summary>
public sealed class OrphanTests
{
    private static readonly KeyValuePair<string, string>[] Settings =
    [
        new("Consumers__Retry__Base", "00:00:08"), new("Consumers__Retry__Cap", "00:00:08"), new("Consumers__Ledger__OrphanedAfter", "00:00:02"),
    ];

    [Fact]
    public async Task Tasks_whose_messages_were_purged_are_reported_stay_as_they_are_and_are_done_when_published_again()
    {
        await using var fleet = await Fleet.CreateAsync();
        var watcher = await fleet.StartAsync("consumer-1", Settings);
        var dying = await fleet.StartAsync("consumer-2", Settings);
        // While nothing else runs: both fail within milliseconds of each other, and neither is due before the pause.
        TaskMessage[] retrying = [Flaky(), Flaky()];
        foreach (var task in retrying)
        {
            await fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
        }
        foreach (var task in retrying)
        {
            await StateAsync(watcher, task.Id, "RETRYING");
        }
        await Eventually.TrueAsync(
            async () =>
            {
                for (var i = 0; i < 2; i++)
                {
                    var task = Fleet.Sleep(4000);
                    await fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id);
                }
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
                return (await ByAsync(watcher, "consumer-2")).Length > 0;
            },
            "the one that is to die has work");
        await PostAsync(watcher, "/api/rabbit/pause");
        // What is published within a second of a pause may still be begun.
        await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System);
        foreach (var task in retrying)
        {
            await StateAsync(watcher, task.Id, "RETRYING");
        }
        var queued = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            queued.Add((await PostAsync(watcher, "/api/rabbit/tasks", """{"type":"sleep","payload":{"complexityMs":1}}""")).GetProperty("id").GetString()!);
        }
        dying.Kill9();
        var begun = await ByAsync(watcher, "consumer-2");
        begun.ShouldNotBeEmpty();
        await Eventually.TrueAsync(async () => (await ByAsync(watcher, "consumer-1")).Length == 0, "what ran elsewhere has ended");
        await Task.Delay(TimeSpan.FromSeconds(9), TimeProvider.System);
        OrphansOf(await Fleet.StatsAsync(watcher)).ShouldBe(0, "as long as there are messages, nobody can say that one is gone");
        var waiting = await Fleet.StatsAsync(watcher);

        var expected = Fleet.Of(waiting, "queued") + Fleet.Of(waiting, "processing") + Fleet.Of(waiting, "retrying");
        // Tasks that came straight to the broker and were never begun have a message, and no row.
        (await fleet.Broker.PurgeAsync("work") + await fleet.Broker.PurgeAsync("retry.8s")).ShouldBeGreaterThanOrEqualTo((uint)expected);
        await PostAsync(watcher, "/api/rabbit/resume");

        expected.ShouldBe(begun.Length + retrying.Length + queued.Count, $"what waits before the purge is {waiting}");
        await Eventually.TrueAsync(async () => OrphansOf(await Fleet.StatsAsync(watcher)) == expected, "all of them are reported");
        var list = await watcher.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/rabbit/orphans", UriKind.Relative));
        var ids = list.GetProperty("items").EnumerateArray().Select(task => task.GetProperty("id").GetString()!).ToArray();
        ids.Length.ShouldBe((int)expected);
        retrying.Select(task => task.Id).Concat(queued).Concat(begun).ShouldBeSubsetOf(ids);
        (await watcher.Http.GetStringAsync(new Uri("/rabbit", UriKind.Relative))).ShouldContain($"{expected} tasks are orphaned");
        (await watcher.Http.GetStringAsync(new Uri($"/tasks/{retrying[0].Id}", UriKind.Relative))).ShouldContain("Orphaned: its retry was due");
        (await watcher.Http.GetStringAsync(new Uri($"/tasks/{begun[0]}", UriKind.Relative))).ShouldContain("Orphaned: it was begun on consumer-2");
        watcher.Output.ShouldContain($"{expected} tasks of rabbit are orphaned");
        await StateAsync(watcher, retrying[0].Id, "RETRYING");
        await StateAsync(watcher, begun[0], "PROCESSING");
        await StateAsync(watcher, queued[0], "QUEUED");

        (await PostAsync(watcher, "/api/rabbit/orphans/publish", $$"""{"id":"{{retrying[0].Id}}","by":"anna"}""")).GetProperty("published").GetInt32().ShouldBe(1);
        await StateAsync(watcher, retrying[0].Id, "COMPLETED");
        (await PostAsync(watcher, "/api/rabbit/orphans/publish")).GetProperty("published").GetInt32().ShouldBe((int)expected - 1);
        (await PostAsync(watcher, "/api/rabbit/orphans/publish")).GetProperty("published").GetInt32().ShouldBe(0, "asked twice, it does no harm");

        // Those that were never begun are gone with their message: nobody told the fleet of them.
        await Fleet.QuiesceAsync(watcher, (int)(expected + Fleet.Of(waiting, "completed")));
        (await AttemptsAsync(watcher, retrying[0].Id)).ShouldBe(2, "it went on with the attempt that it owed");
        (await AttemptsAsync(watcher, begun[0])).ShouldBe(2, "the one whose process died, and the one that ended");
        (await AttemptsAsync(watcher, queued[0])).ShouldBe(1);
        await Eventually.TrueAsync(async () => OrphansOf(await Fleet.StatsAsync(watcher)) == 0, "none is left");
        (await watcher.Http.GetStringAsync(new Uri("/api/audit?action=republish", UriKind.Relative))).ShouldContain("anna through the API of consumer-1");
    }

    private static long OrphansOf(JsonElement stats) => stats.GetProperty("orphaned") is { ValueKind: JsonValueKind.Number } count ? count.GetInt64() : 0;

    private static async Task<string[]> ByAsync(HostProcess host, string worker)
    {
        var page = await host.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/rabbit/tasks?status=PROCESSING&limit=200", UriKind.Relative));
        return [.. page.GetProperty("items").EnumerateArray().Where(task => task.GetProperty("workerId").GetString() == worker).Select(task => task.GetProperty("id").GetString()!)];
    }

    private static async Task<int> AttemptsAsync(HostProcess host, string id) => (await Fleet.FindAsync(host, id)).ShouldNotBeNull().GetProperty("attempts").GetArrayLength();

    private static Task StateAsync(HostProcess host, string id, string state) =>
        Eventually.TrueAsync(async () => (await Fleet.FindAsync(host, id))?.GetProperty("status").GetString() == state, $"{id} is {state}");

    private static async Task<JsonElement> PostAsync(HostProcess host, string path, string body = "{}")
    {
        using var answer = await host.Http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static TaskMessage Flaky() => TaskMessage.Create("flaky", """{"failTimes":1}"""u8.ToArray(), 3, TimeProvider.System.GetUtcNow());
}
