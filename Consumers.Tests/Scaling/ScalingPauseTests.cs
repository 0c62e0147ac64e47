using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Scaling;

/// <summary>Pauses of the scaling module, whose tasks are in no ledger: two processes, signals, a real broker, a real Redis.</summary>
public sealed class ScalingPauseTests
{
    private static readonly string[] Two = ["consumer-1", "consumer-2"];

    [Fact]
    public async Task A_paused_module_stands_still_in_both_through_restart_and_kill_and_loses_nothing()
    {
        await using var fleet = await ScalingFleet.CreateAsync();
        var hosts = await fleet.StartAllAsync(Two);
        var ids = await fleet.PublishAsync(600, 30);
        await fleet.ProcessedAsync(60, Two);

        (await PostAsync(hosts[0], "/api/scaling/pause", """{"by":"anna","why":"a test"}""")).GetProperty("changed").GetBoolean().ShouldBeTrue();
        await Eventually.TrueAsync(async () => await StandsStillAsync(hosts[0]) && await StandsStillAsync(hosts[1]), "no consumer is left, and what ran has ended");
        var begun = Begun(fleet);
        begun.ShouldBeLessThan(ids.Length, "a pause of nothing proves nothing");
        (await hosts[0].TerminateAsync()).ShouldBe(0, hosts[0].Output);
        hosts[1].Kill9();
        hosts = await fleet.StartAllAsync(Two);
        await Eventually.TrueAsync(async () => await StandsStillAsync(hosts[0]) && await StandsStillAsync(hosts[1]), "the pause holds in new processes");
        // What would take tasks has connected, and had the time to.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System, TestContext.Current.CancellationToken);
        Begun(fleet).ShouldBe(begun);
        (await hosts[1].Http.GetStringAsync(new Uri("/scaling", UriKind.Relative))).ShouldContain("by anna through the API of consumer-1 (a test)");

        (await PostAsync(hosts[1], "/api/scaling/resume")).GetProperty("changed").GetBoolean().ShouldBeTrue();
        await fleet.ProcessedAsync(ids.Length, Two);

        EachOnce(fleet, ids);
        fleet.Broker.DeadLetters.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_paused_type_waits_in_both_while_others_run_and_a_kill_and_a_restart_change_nothing()
    {
        await using var fleet = await ScalingFleet.CreateAsync();
        var hosts = await fleet.StartAllAsync(Two);
        await PostAsync(hosts[0], "/api/scaling/types/sleep/pause");
        await Eventually.TrueAsync(async () => (await ScalingFleet.StatsAsync(hosts[1])).GetProperty("pausedTypes").GetArrayLength() == 1, "the other instance knows");
        var held = await fleet.PublishAsync(40, 1);
        var others = Enumerable.Range(0, 40).Select(_ => TaskMessage.Create("flaky", Encoding.UTF8.GetBytes("""{"failTimes":1}"""), 3, TimeProvider.System.GetUtcNow())).ToArray();
        await Task.WhenAll(others.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));

        await fleet.ProcessedAsync(others.Length, Two);
        hosts[0].Kill9();
        (await hosts[1].TerminateAsync()).ShouldBe(0, hosts[1].Output);
        hosts = await fleet.StartAllAsync(Two);
        // Those that wait come by, and are sent to wait again.
        await Eventually.TrueAsync(async () => (await ScalingFleet.StatsAsync(hosts[0])).GetProperty("instance").GetProperty("paused").GetInt64() > 0, "a new process obeys");
        fleet.History.Where(line => line.Event == HistoryEvents.Begin).Select(line => line.Id).ShouldNotContain(id => held.Contains(id));

        await PostAsync(hosts[1], "/api/scaling/types/sleep/resume");
        await fleet.ProcessedAsync(held.Length + others.Length, Two);

        EachOnce(fleet, [.. held, .. others.Select(task => task.Id)]);
        fleet.History.Where(line => line.Event == HistoryEvents.Begin && held.Contains(line.Id)).ShouldAllBe(line => line.Attempt == 1);
        fleet.Broker.DeadLetters.ShouldBeEmpty();
    }

    private static int Begun(ScalingFleet fleet) => fleet.History.Count(line => line.Event == HistoryEvents.Begin);

    private static void EachOnce(ScalingFleet fleet, string[] ids) => fleet.History
        .Where(line => line.Event == HistoryEvents.Outcome && line["accepted"] == "1" && line["state"] == "COMPLETED").Select(line => line.Id).ShouldBe(ids, ignoreOrder: true, "every task is done once");

    private static async Task<bool> StandsStillAsync(HostProcess host)
    {
        var stats = await ScalingFleet.StatsAsync(host);
        return stats.GetProperty("pause").ValueKind == JsonValueKind.Object && stats.GetProperty("consumers") is { ValueKind: JsonValueKind.Number } consumers && consumers.GetInt64() == 0
            && stats.GetProperty("instance").GetProperty("running").GetInt64() == 0;
    }

    private static async Task<JsonElement> PostAsync(HostProcess host, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
