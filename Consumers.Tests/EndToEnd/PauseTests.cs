using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.EndToEnd;

/// <summary>Pauses on a real broker, with two instances that are processes of their own.</summary>
public sealed class PauseTests
{
    /// <summary>The promise is a second; a test must not fail because the machine is busy.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task A_module_that_is_paused_at_one_instance_stands_still_in_all_through_restart_and_kill_until_it_is_resumed()
    {
        await using var fleet = await Fleet.CreateAsync();
        var first = await fleet.StartAsync("consumer-1");
        var second = await fleet.StartAsync("consumer-2");
        var tasks = Enumerable.Range(0, 1500).Select(i => i % 10 == 0 ? Flaky(1) : Fleet.Sleep(30)).ToList();
        await PublishAsync(fleet, tasks);
        await Eventually.TrueAsync(async () => await CompletedByAsync(first) > 20 && await CompletedByAsync(second) > 20, "both are at work");

        var paused = await PostAsync(first, "/api/rabbit/pause", """{"by":"anna","why":"a test"}""");
        var pausedAt = TimeProvider.System.GetUtcNow();

        paused.GetProperty("changed").GetBoolean().ShouldBeTrue();
        await Eventually.TrueAsync(async () => await StandsStillAsync(first) && await StandsStillAsync(second), "no consumer is left, and what ran has ended");
        var done = Fleet.Of(await Fleet.StatsAsync(second), "completed");
        done.ShouldBeLessThan(tasks.Count, "a pause of nothing proves nothing");
        var late = Fleet.Sleep(1);
        using (var accepted = await second.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), new StringContent($$$"""{"id":"{{{late.Id}}}","type":"sleep","payload":{"complexityMs":1}}""", Encoding.UTF8, "application/json")))
        {
            accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted, "publishing goes on");
        }
        tasks.Add(late);

        (await first.TerminateAsync()).ShouldBe(0, first.Output);
        second.Kill9();
        first = await fleet.StartAsync("consumer-1");
        second = await fleet.StartAsync("consumer-2");
        await Task.Delay(Quiet, TimeProvider.System, TestContext.Current.CancellationToken);

        foreach (var host in (HostProcess[])[first, second])
        {
            var stats = await Fleet.StatsAsync(host);
            Fleet.Of(stats, "completed").ShouldBe(done, "nothing runs, in a new process neither");
            stats.GetProperty("pause").GetProperty("since").GetDateTimeOffset().ShouldBe(paused.GetProperty("since").GetDateTimeOffset());
            stats.GetProperty("pause").GetProperty("by").GetString().ShouldBe("anna through the API of consumer-1");
            (await host.Http.GetStringAsync(new Uri($"/tasks/{late.Id}", UriKind.Relative))).ShouldContain("It does not run: the module rabbit is paused since");
        }
        var resumedAt = TimeProvider.System.GetUtcNow();
        (await PostAsync(second, "/api/rabbit/resume")).GetProperty("changed").GetBoolean().ShouldBeTrue();

        var after = await Fleet.QuiesceAsync(first, tasks.Count);
        Fleet.Of(after, "completed").ShouldBe(tasks.Count);
        fleet.Broker.DeadLetters.ShouldBeEmpty();
        Read(fleet, "SELECT COUNT(*) FROM Tasks WHERE Type = 'sleep' AND (RetryCount > 0 OR Epoch > 1)").ShouldBe(0, "no attempt was lost on the way");
        var lastBegun = Read(fleet, $"SELECT COALESCE(MAX(StartedAt), 0) FROM Attempts WHERE StartedAt < {resumedAt.ToUnixTimeMilliseconds()}");
        var obeyed = TimeSpan.FromMilliseconds(lastBegun - pausedAt.ToUnixTimeMilliseconds());
        obeyed.ShouldBeLessThan(Bound);
        var resumed = TimeSpan.FromMilliseconds(Read(fleet, $"SELECT MIN(StartedAt) FROM Attempts WHERE StartedAt >= {resumedAt.ToUnixTimeMilliseconds()}") - resumedAt.ToUnixTimeMilliseconds());
        TestContext.Current.TestOutputHelper?.WriteLine($"last attempt begun {obeyed.TotalMilliseconds:0} ms after the pause was answered, the first {resumed.TotalMilliseconds:0} ms after the resume was asked for; {done} of {tasks.Count} were done before");
    }

    [Fact]
    public async Task A_paused_type_waits_without_an_attempt_while_others_run_and_a_kill_changes_nothing()
    {
        await using var fleet = await Fleet.CreateAsync();
        var first = await fleet.StartAsync("consumer-1");
        var second = await fleet.StartAsync("consumer-2");
        await PostAsync(first, "/api/rabbit/types/sleep/pause");
        await Eventually.TrueAsync(async () => (await Fleet.StatsAsync(second)).GetProperty("pausedTypes").GetArrayLength() == 1, "the other instance knows");
        var (held, others) = (Enumerable.Range(0, 100).Select(_ => Fleet.Sleep(1)).ToArray(), Enumerable.Range(0, 100).Select(_ => Flaky(1)).ToArray());

        await PublishAsync(fleet, held.Zip(others).SelectMany(pair => new[] { pair.First, pair.Second }));

        await Eventually.TrueAsync(async () => Fleet.Of(await Fleet.StatsAsync(second), "completed") == others.Length, "the others are done, their retries included");
        first.Kill9();
        await Task.Delay(Quiet, TimeProvider.System, TestContext.Current.CancellationToken);
        Read(fleet, "SELECT COUNT(*) FROM Tasks WHERE Type = 'sleep'").ShouldBe(0, "the ledger does not hear of them");
        var parked = (await Fleet.StatsAsync(second)).GetProperty("instance").GetProperty("paused").GetInt64();
        parked.ShouldBeGreaterThan(0);

        await PostAsync(second, "/api/rabbit/types/sleep/resume");

        Fleet.Of(await Fleet.QuiesceAsync(second, held.Length + others.Length), "completed").ShouldBe(held.Length + others.Length);
        Read(fleet, "SELECT COUNT(*) FROM Attempts JOIN Tasks ON Row = TaskRow WHERE Type = 'sleep'").ShouldBe(held.Length, "one attempt each");
        fleet.Broker.DeadLetters.ShouldBeEmpty();
    }

    private static TaskMessage Flaky(int failTimes) =>
        TaskMessage.Create("flaky", Encoding.UTF8.GetBytes($$"""{"failTimes":{{failTimes}}}"""), 3, TimeProvider.System.GetUtcNow());

    private static Task PublishAsync(Fleet fleet, IEnumerable<TaskMessage> tasks) =>
        Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));

    private static async Task<long> CompletedByAsync(HostProcess host) => (await Fleet.StatsAsync(host)).GetProperty("instance").GetProperty("completed").GetInt64();

    private static async Task<bool> StandsStillAsync(HostProcess host)
    {
        var stats = await Fleet.StatsAsync(host);
        return stats.GetProperty("pause").ValueKind == JsonValueKind.Object && stats.GetProperty("consumers") is { ValueKind: JsonValueKind.Number } consumers && consumers.GetInt64() == 0
            && Fleet.Of(stats, "unacked") == 0 && stats.GetProperty("instance").GetProperty("running").GetInt64() == 0;
    }

    private static async Task<JsonElement> PostAsync(HostProcess host, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static long Read(Fleet fleet, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = fleet.Folder.File("ledger.db"), Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
