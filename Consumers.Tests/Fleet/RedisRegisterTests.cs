using System.Diagnostics;
using Consumers.Core;
using Consumers.Tests.Fixtures;
using StackExchange.Redis;

namespace Consumers.Tests.Fleet;

public sealed class RedisRegisterTests
{
    [Fact]
    public async Task An_instance_is_in_the_keys_that_other_programs_read_and_in_the_list_with_what_it_does()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RedisInstance.StartAsync(redis.Url, "one");
        await using var two = await RedisInstance.StartAsync(redis.Url, "two");
        var module = new ModuleReport("scaling", 3, 3, 2, 1, new TaskCounts(7, 1, 2, 1, 0, 900), [new RunningTask("t", "sleep", DateTimeOffset.UnixEpoch)]);
        await one.Fleet.ReportAsync(Report(one.Identity) with { ByModule = [module] }, CancellationToken.None);

        await Eventually.TrueAsync(async () => (string?)await redis.Data.HashGetAsync("fleet:instance:one", "running") == "1", "the report is written");
        var hash = (await redis.Data.HashGetAllAsync("fleet:instance:one")).ToDictionary(field => (string)field.Name!, field => (string)field.Value!);
        hash["host"].ShouldBe(one.Identity.Host);
        hash["pid"].ShouldBe($"{Environment.ProcessId}");
        hash["run"].ShouldBe(one.Identity.RunId);
        hash["version"].ShouldBe(InstanceIdentity.Version);
        DateTimeOffset.Parse(hash["started"], System.Globalization.CultureInfo.InvariantCulture).ShouldBe(one.Identity.StartedAt, TimeSpan.FromMilliseconds(1));
        hash["modules"].ShouldBe("rabbit");
        hash["url"].ShouldBe("http://127.0.0.1:8080");
        var beat = (await redis.Data.SortedSetScoreAsync("fleet:instances", "one")).ShouldNotBeNull();
        ((double)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - beat).ShouldBeInRange(-1000, 20_000);
        var listed = await two.Fleet.ListAsync(CancellationToken.None);
        listed.Select(instance => (instance.Name, instance.State)).ShouldBe([("one", "running"), ("two", "running")]);
        (listed[0].RunId, listed[0].Pid, listed[0].Url, listed[0].Completed, listed[0].Failed).ShouldBe((one.Identity.RunId, Environment.ProcessId, "http://127.0.0.1:8080", 7L, 1L));
        var shown = listed[0].ByModule.ShouldHaveSingleItem();
        (shown with { Tasks = [] }).ShouldBe(module with { Tasks = [] });
        shown.Tasks.ShouldBe(module.Tasks);

        await one.StopAsync();
        (await two.Fleet.ListAsync(CancellationToken.None)).Select(instance => (instance.Name, instance.State)).ShouldBe([("one", "stopped"), ("two", "running")]);
    }

    [Fact]
    public async Task An_instance_without_heartbeat_is_listed_as_silent()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var watcher = await RedisInstance.StartAsync(redis.Url, "watcher");
        await OfAnotherHostAsync(redis, "quiet", TimeSpan.FromSeconds(30));

        var listed = await watcher.Fleet.ListAsync(CancellationToken.None);

        listed.Select(instance => (instance.Name, instance.State)).ShouldBe([("quiet", "silent"), ("watcher", "running")]);
    }

    [Fact]
    public async Task A_process_of_this_host_that_is_gone_is_listed_as_silent_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var redis = await RedisServer.StartAsync();
        await using var watcher = await RedisInstance.StartAsync(redis.Url, "watcher");
        // This process's id, but another start: whoever wrote that is dead.
        await redis.Data.HashSetAsync("fleet:instance:killed", [new("run", "dead"), new("host", Environment.MachineName), new("pid", Environment.ProcessId), new("machine", new HostIdentity().Value), new("processStart", 1), new("state", "running")]);
        // Its heartbeat is of the future, so no lease has run out.
        await redis.Data.SortedSetAddAsync("fleet:instances", "killed", await NowAsync(redis) + 10_000);
        await OfAnotherHostAsync(redis, "elsewhere", TimeSpan.FromSeconds(-10));

        var listed = await watcher.Fleet.ListAsync(CancellationToken.None);

        listed.Select(instance => (instance.Name, instance.State)).ShouldBe([("elsewhere", "running"), ("killed", "silent"), ("watcher", "running")]);
    }

    [Fact]
    public async Task A_second_live_process_of_a_name_is_refused_and_told_who_has_it()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await RedisInstance.StartAsync(redis.Url, "twin");

        var refused = await Should.ThrowAsync<InstanceNameTakenException>(() => RedisInstance.StartAsync(redis.Url, "twin"));

        refused.Message.ShouldContain("the instance name 'twin' is taken");
        refused.Message.ShouldContain($"process {Environment.ProcessId} on {Environment.MachineName}");
        (await first.Fleet.ListAsync(CancellationToken.None)).ShouldHaveSingleItem().RunId.ShouldBe(first.Identity.RunId);
    }

    [Fact]
    public async Task A_name_that_another_host_renews_is_refused()
    {
        await using var redis = await RedisServer.StartAsync();
        await OfAnotherHostAsync(redis, "twin", TimeSpan.Zero);
        using var enough = new CancellationTokenSource();
        var renewing = RenewAsync(redis, enough.Token);

        var refused = await Should.ThrowAsync<InstanceNameTakenException>(() => RedisInstance.StartAsync(redis.Url, "twin"));

        refused.Message.ShouldContain("process 4711 on elsewhere");
        await enough.CancelAsync();
        await renewing;
    }

    [Fact]
    public async Task A_name_of_another_host_that_fell_silent_is_free_after_its_lease()
    {
        await using var redis = await RedisServer.StartAsync();
        await OfAnotherHostAsync(redis, "twin", TimeSpan.FromSeconds(7));
        var began = Stopwatch.GetTimestamp();

        await using var instance = await RedisInstance.StartAsync(redis.Url, "twin");

        ((string?)await redis.Data.HashGetAsync("fleet:instance:twin", "run")).ShouldBe(instance.Identity.RunId);
        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(2), "not before its ten seconds are over");
    }

    [Fact]
    public async Task A_name_of_a_dead_process_on_this_host_is_free_at_once_even_when_its_id_is_used_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells when a process began");
        await using var redis = await RedisServer.StartAsync();
        // This process's id, but another start: the id is in use again.
        await redis.Data.HashSetAsync("fleet:instance:twin", [new("run", "dead"), new("host", Environment.MachineName), new("pid", Environment.ProcessId), new("machine", new HostIdentity().Value), new("processStart", 1)]);
        await redis.Data.SortedSetAddAsync("fleet:instances", "twin", await NowAsync(redis));

        await using var instance = await RedisInstance.StartAsync(redis.Url, "twin");

        ((string?)await redis.Data.HashGetAsync("fleet:instance:twin", "run")).ShouldBe(instance.Identity.RunId);
        // Its last heartbeat is less than its lease ago, so the name was not merely free.
        ((await NowAsync(redis)) - (await redis.Data.SortedSetScoreAsync("fleet:instances", "twin"))!.Value).ShouldBeLessThan(10_000);
    }

    [Fact]
    public async Task Without_Redis_an_instance_starts_says_so_and_registers_when_it_comes()
    {
        await using var redis = RedisServer.Stopped();
        await using var instance = await RedisInstance.StartAsync(redis.Url, isUp: false);

        instance.Health.Health.ShouldBe(DependencyHealth.Down);
        instance.Health.Description.ShouldContain($"redis://127.0.0.1:{redis.Port} is away");
        (await Should.ThrowAsync<FleetUnavailableException>(async () => await instance.Fleet.ListAsync(CancellationToken.None))).Message.ShouldContain("is away");
        await redis.StartAgainAsync();

        await Eventually.TrueAsync(() => instance.Health.Health == DependencyHealth.Up, "it connects");
        (await instance.Fleet.ListAsync(CancellationToken.None)).ShouldHaveSingleItem().Name.ShouldBe("consumer-1");
    }

    [Fact]
    public async Task Two_that_started_without_Redis_under_one_name_are_told_apart_when_it_comes()
    {
        await using var redis = RedisServer.Stopped();
        await using var one = await RedisInstance.StartAsync(redis.Url, "twin", isUp: false);
        await using var two = await RedisInstance.StartAsync(redis.Url, "twin", isUp: false);

        await redis.StartAgainAsync();

        await Eventually.TrueAsync(() => one.HasStopped || two.HasStopped, "one of them stops");
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        (one.HasStopped, two.HasStopped).ShouldBeOneOf((true, false), (false, true));
    }

    [Theory]
    [InlineData("p:ass/w@rd", true)]
    [InlineData("another", false)]
    public async Task A_password_is_used_and_never_shown(string given, bool isRight)
    {
        await using var redis = await RedisServer.StartAsync("p:ass/w@rd");
        var url = new Uri($"redis://:{Uri.EscapeDataString(given)}@127.0.0.1:{redis.Port}");

        await using var instance = await RedisInstance.StartAsync(url, isUp: isRight);

        if (!isRight)
        {
            await Eventually.TrueAsync(() => instance.Health.Description.Contains("it refused the password", StringComparison.Ordinal), "it is said why");
        }
        instance.Health.Description.ShouldNotContain(given);
        instance.Health.Description.ShouldNotContain(Uri.EscapeDataString(given));
        TestContext.Current.TestOutputHelper!.Output.ShouldNotContain(given);
        TestContext.Current.TestOutputHelper!.Output.ShouldNotContain(Uri.EscapeDataString(given));
    }

    private static InstanceReport Report(InstanceIdentity self) =>
        new(self.Name, self.RunId, self.Host, self.Pid, InstanceIdentity.Version, "rabbit", "http://127.0.0.1:8080", self.StartedAt, self.StartedAt, "running", 1, 7, 1);

    private static async Task OfAnotherHostAsync(RedisServer redis, string name, TimeSpan ago)
    {
        await redis.Data.HashSetAsync($"fleet:instance:{name}", [new("run", "another"), new("host", "elsewhere"), new("pid", 4711), new("machine", "elsewhere/boot/pid"), new("processStart", 77), new("state", "running")]);
        await redis.Data.SortedSetAddAsync("fleet:instances", name, await NowAsync(redis) - ago.TotalMilliseconds);
    }

    private static async Task RenewAsync(RedisServer redis, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await OfAnotherHostAsync(redis, "twin", TimeSpan.Zero);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<double> NowAsync(RedisServer redis)
    {
        var time = (RedisValue[])(await redis.Data.ScriptEvaluateAsync("return redis.call('TIME')"))!;
        return (double)time[0] * 1000;
    }
}
