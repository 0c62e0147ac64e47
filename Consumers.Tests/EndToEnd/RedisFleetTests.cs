using System.Net.Http.Json;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Hostile;

namespace Consumers.Tests.EndToEnd;

/// <summary>Instances as processes of their own that meet in a Redis, with ledgers that know nothing of each other.</summary>
public sealed class RedisFleetTests
{
    [Fact]
    [Trait("Set", "quick")]
    public async Task A_second_live_process_of_a_name_exits_with_4_and_after_kill_9_the_name_is_free_at_once()
    {
        await using var redis = await RedisServer.StartAsync();
        using var elsewhere = new TempFolder();
        using var here = new TempFolder();
        await using var first = await HostProcess.StartAsync("twin", Embedded(redis), here);

        var since = TimeProvider.System.GetTimestamp();
        await using var second = HostProcess.Launch("twin", Embedded(redis), elsewhere);
        (await second.ExitAsync()).ShouldBe(4, second.Output);
        TestContext.Current.TestOutputHelper?.WriteLine($"refused {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.00} s after the start of its process");
        second.Output.ShouldContain($"error: the instance name 'twin' is taken: process {first.Pid} on {Environment.MachineName} runs under it.");

        first.Kill9();
        var killedAt = TimeProvider.System.GetTimestamp();
        await using var third = HostProcess.Launch("twin", Embedded(redis), elsewhere);
        await Eventually.TrueAsync(async () => (string?)await redis.Data.HashGetAsync("fleet:instance:twin", "pid") == $"{third.Pid}", () => $"the third has the name. {third.Output}", TimeSpan.FromSeconds(60));
        third.Output.ShouldNotContain("waiting for its lease", customMessage: $"{TimeProvider.System.GetElapsedTime(killedAt)} after the kill");
    }

    [Fact]
    public async Task Instances_with_ledgers_of_their_own_see_one_another_and_one_that_turns_out_to_be_a_twin_exits_with_4()
    {
        await using var redis = RedisServer.Stopped();
        using var one = new TempFolder();
        using var two = new TempFolder();
        using var three = new TempFolder();
        // Both start, because there is no Redis to ask.
        await using var twin = await HostProcess.StartAsync("twin", Embedded(redis), one);
        await using var other = await HostProcess.StartAsync("twin", Embedded(redis), two);
        await using var third = await HostProcess.StartAsync("third", Embedded(redis), three);
        var ready = await third.Http.GetFromJsonAsync<JsonElement>(new Uri("/health/ready", UriKind.Relative));
        ready.GetProperty("status").GetString().ShouldBe("degraded", "consuming goes on without Redis");
        ready.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "Redis").GetProperty("description").GetString()!.ShouldContain("is away");

        await redis.StartAgainAsync();

        await Eventually.TrueAsync(() => twin.HasExited || other.HasExited, "one of the two stops", TimeSpan.FromSeconds(60));
        var stopped = twin.HasExited ? twin : other;
        (await stopped.ExitAsync()).ShouldBe(4, stopped.Output);
        stopped.Output.ShouldContain("the instance name 'twin' is taken");
        JsonElement fleet = default;
        await Eventually.TrueAsync(
            async () => (fleet = await third.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/fleet", UriKind.Relative))).GetProperty("instances") is { ValueKind: JsonValueKind.Array } instances
                && instances.GetArrayLength() == 2 && instances.EnumerateArray().All(instance => instance.GetProperty("byModule").GetArrayLength() == 1),
            () => $"the fleet of two is seen: {fleet}",
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task With_Redis_as_guard_a_killer_is_dead_lettered_as_crashed_and_its_neighbours_complete()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var fleet = await Fleet.CreateAsync();
        KeyValuePair<string, string>[] settings =
        [
            new("REDIS_URL", redis.Url.OriginalString),
            new("Consumers__Rabbit__Guard", "Redis"),
            new("Consumers__Rabbit__Record", "None"),
            new("Consumers__Flaky__AllowCrashes", "true"),
        ];
        string[] names = ["consumer-1", "consumer-2"];
        var hosts = await Task.WhenAll(names.Select(name => fleet.StartAsync(name, settings)));
        var killer = MisbehavingHandlerTests.Flaky("fail-fast", afterMs: 100);
        var good = Enumerable.Range(0, 19).Select(_ => Fleet.Sleep(200)).ToArray();

        await MisbehavingHandlerTests.PublishAsync(fleet, [.. good[..5], killer, .. good[5..]]);
        var deaths = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                for (var i = 0; i < hosts.Length; i++)
                {
                    if (hosts[i].HasExited)
                    {
                        deaths++;
                        // It may meet the killer again before it is ready.
                        hosts[i] = fleet.Launch(names[i], settings);
                    }
                }
                var settled = await Task.WhenAll(good.Select(async task => (await redis.GetAsync($"task:{task.Id}:guard"))?.Contains("\"state\":\"Completed\"", StringComparison.Ordinal) == true));
                return settled.All(isSettled => isSettled) && fleet.Broker.DeadLetters.Count > 0;
            },
            () => $"the good tasks are done and the killer is dead-lettered; {deaths} deaths so far. {hosts[0].Output}",
            TimeSpan.FromSeconds(120));

        // The last may have died, and the other have dead-lettered it, since the deaths were looked at.
        (deaths + hosts.Count(host => host.HasExited)).ShouldBe(3);
        var dead = fleet.Broker.DeadLetters.ShouldHaveSingleItem();
        dead.MessageId.ShouldBe(killer.Id);
        dead.Headers[TaskHeaders.DeadReason].ShouldBe("crashed");
    }

    private static IEnumerable<KeyValuePair<string, string>> Embedded(RedisServer redis) =>
    [
        new("RABBITMQ_URL", "embedded"),
        new("REDIS_URL", redis.Url.OriginalString),
        new("Logging__LogLevel__Default", "Information"),
    ];
}
