using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.EndToEnd;

/// <summary>What became of each task that a process had begun when it ended, by its log, the API and the page.</summary>
public sealed class ReceiptTests
{
    private const int Lanes = 3;

    private static readonly KeyValuePair<string, string> Pace = new("Consumers__Rabbit__MaxConcurrency", "3");

    // The ledger's assembly brings SQLite along; one of these tests opens its file by itself.
    static ReceiptTests() => System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(typeof(Consumers.Ledger.LedgerOptions).Module.ModuleHandle);

    [Fact]
    public async Task Told_to_stop_an_instance_accounts_for_every_task_of_every_module()
    {
        await using var fleet = await Fleet.CreateAsync();
        await using var scaling = await RabbitBroker.ConnectAsync();
        await using var kafka = await KafkaBroker.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        KeyValuePair<string, string>[] settings =
        [
            .. scaling.Environmental("Scaling"),
            .. kafka.Environmental(),
            new("REDIS_URL", redis.Url.ToString()),
            new("Consumers__Rabbit__Enabled", "true"),
            new("Consumers__Scaling__Enabled", "true"),
            new("Consumers__Flaky__AllowCrashes", "true"),
            new("Consumers__DrainTimeout", "00:00:04"),
            new("Consumers__Handlers__CancellationGrace", "00:00:01"),
            new("Logging__LogLevel__Consumers.Host.Hosting.DrainGate", "Information"),
        ];
        var first = await fleet.StartAsync("consumer-1", settings);
        // Of each module one that ends in time and one that does not; and one that does not even stop when it is told to.
        string[] modules = ["rabbit", "kafka", "scaling"];
        foreach (var module in modules)
        {
            await PublishAsync(first, module, $"{module}-short", """{"type":"sleep","payload":{"complexityMs":3000}}""");
            await PublishAsync(first, module, $"{module}-long", """{"type":"sleep","payload":{"complexityMs":20000}}""");
        }
        await PublishAsync(first, "rabbit", "rabbit-deaf", """{"type":"flaky","payload":{"mode":"block","afterMs":12000}}""");
        await RunningAsync(first, 7);

        (await first.TerminateAsync()).ShouldBe(0, first.Output);

        first.Output.ShouldContain("Drained (SIGTERM) in ");
        first.Output.ShouldContain("in flight 7, finished 3, handed back 3, abandoned 1.");
        var second = await fleet.StartAsync("consumer-2", settings);
        var restart = (await RestartsAsync(second)).Single();
        (Text(restart, "name"), Text(restart, "reason")).ShouldBe(("consumer-1", "SIGTERM"));
        (Number(restart, "inFlight"), Number(restart, "finished"), Number(restart, "handedBack"), Number(restart, "abandoned"), Number(restart, "redelivered")).ShouldBe((7, 3, 3, 1, 4));
        Number(restart, "drainedMs").ShouldBeInRange(4_000, 20_000);
        restart.GetProperty("tasks").EnumerateArray().Select(task => $"{Text(task, "id")} {Text(task, "fate")}").Order(StringComparer.Ordinal)
            .ShouldBe(["kafka-long handed back", "rabbit-deaf abandoned", "rabbit-long handed back", "scaling-long handed back"]);
        // What was finished is done, and what was not is begun again, as the receipt says.
        await RunningAsync(second, 4);
        foreach (var module in modules)
        {
            Text((await Fleet.FindAsync(second, $"{module}-short", module)).ShouldNotBeNull(), "status").ShouldBe("COMPLETED");
            Text((await Fleet.FindAsync(second, $"{module}-long", module)).ShouldNotBeNull(), "status").ShouldBe("PROCESSING");
        }
        var page = await second.Http.GetStringAsync(new Uri("/instances", UriKind.Relative));
        page.ShouldContain("SIGTERM");
        page.ShouldContain("/tasks/rabbit-deaf");
    }

    [Fact]
    public async Task Without_its_ledger_the_stop_is_not_held_up_and_the_log_has_the_receipt()
    {
        await using var fleet = await Fleet.CreateAsync();
        var host = await fleet.StartAsync("consumer-1", new KeyValuePair<string, string>("Logging__LogLevel__Consumers.Host.Hosting.DrainGate", "Information"), new("Consumers__DrainTimeout", "00:00:02"));
        await PublishAsync(host, "rabbit", "held", """{"type":"sleep","payload":{"complexityMs":20000}}""");
        await RunningAsync(host, 1);
        await using (var other = new SqliteConnection($"Data Source={fleet.Folder.File("ledger.db")};Pooling=False"))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = other.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout=5000; BEGIN IMMEDIATE";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            (await host.TerminateAsync()).ShouldBe(0, host.Output);
        }

        // It could not be written that the task goes back, so nobody says that it does.
        host.Output.ShouldContain("in flight 1, finished 0, handed back 0, abandoned 1. rabbit held abandoned");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_an_instance_has_its_receipt_written_by_whoever_sees_it_first(bool byAnother)
    {
        await using var fleet = await Fleet.CreateAsync();
        var watcher = byAnother ? await fleet.StartAsync("consumer-1", Pace) : null;
        var victim = await fleet.StartAsync("consumer-2", Pace);
        for (var task = 0; task < 4 * Lanes; task++)
        {
            await PublishAsync(victim, "rabbit", $"held-{task}", """{"type":"sleep","payload":{"complexityMs":6000}}""");
        }
        await RunningAsync(victim, Lanes);
        victim.Kill9();
        watcher ??= await fleet.StartAsync("consumer-2", Pace);

        JsonElement restart = default;
        await Eventually.TrueAsync(
            async () =>
            {
                restart = (await RestartsAsync(watcher)).SingleOrDefault();
                return restart.ValueKind == JsonValueKind.Object && Number(restart, "takenOver") == Lanes;
            },
            () => $"a receipt that names the {Lanes} tasks, each taken over; last seen {restart}");
        (Text(restart, "name"), Text(restart, "reason")).ShouldBe(("consumer-2", "died without draining"));
        (Number(restart, "inFlight"), Number(restart, "redelivered")).ShouldBe((Lanes, Lanes));
        restart.GetProperty("drainedMs").ValueKind.ShouldBe(JsonValueKind.Null);
        restart.GetProperty("tasks").EnumerateArray().Select(task => Text(task, "fate")).ShouldBe(Enumerable.Repeat("in hand", Lanes));
        (await watcher.Http.GetStringAsync(new Uri("/instances", UriKind.Relative))).ShouldContain("died without draining");
    }

    private static async Task PublishAsync(HostProcess host, string module, string id, string task)
    {
        using var content = new StringContent(task.Insert(1, $"\"id\":\"{id}\","), Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync(new Uri($"/api/{module}/tasks", UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
    }

    private static async Task RunningAsync(HostProcess host, int tasks)
    {
        var running = 0L;
        await Eventually.TrueAsync(
            async () =>
            {
                running = 0;
                foreach (var module in (string[])["rabbit", "kafka", "scaling"])
                {
                    using var answer = await host.Http.GetAsync(new Uri($"/api/{module}/stats", UriKind.Relative));
                    running += answer.IsSuccessStatusCode ? Number((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("instance"), "running") : 0;
                }
                return running == tasks;
            },
            () => $"{tasks} tasks run; {running} do");
    }

    private static async Task<JsonElement[]> RestartsAsync(HostProcess host) =>
        [.. (await host.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/fleet", UriKind.Relative))).GetProperty("restarts").EnumerateArray()];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
