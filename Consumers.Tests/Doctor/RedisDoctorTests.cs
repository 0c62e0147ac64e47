using Consumers.Tests.Fixtures;
using Consumers.Tests.Fleet;

namespace Consumers.Tests.Doctor;

public sealed class RedisDoctorTests
{
    [Fact]
    public async Task What_a_redis_would_forget_or_refuse_is_told()
    {
        using var folder = new TempFolder();
        await using var redis = await RedisServer.StartAsync();
        (string, string) url = ("REDIS_URL", redis.Url.OriginalString);
        await redis.Data.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await redis.Data.ExecuteAsync("CONFIG", "SET", "maxmemory", "100mb");

        var visit = await Visit.PayAsync(folder, url);

        visit.ExitCode.ShouldBe(0, "warnings alone");
        visit.ShouldTell("redis.eviction", "warn", "maxmemory-policy is allkeys-lru");
        visit.ShouldTell("redis.persistence", "warn", "nothing is kept on disk");
        visit.ShouldTell("redis.clock", "ok", "clocks agree");
        ((long)await redis.Data.ExecuteAsync("DBSIZE")).ShouldBe(0, "nothing is written");

        await redis.Data.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await redis.Data.ExecuteAsync("CONFIG", "SET", "maxmemory", "900kb");
        await redis.Data.ExecuteAsync("CONFIG", "SET", "appendonly", "yes");
        await redis.Data.ExecuteAsync("REPLICAOF", "127.0.0.1", $"{FreePort.Take()}");
        visit = await Visit.PayAsync(folder, url);

        visit.ExitCode.ShouldBe(1);
        visit.ShouldTell("redis.role", "fail", "it is a replica");
        visit.ShouldTell("redis.memory", "fail", "it takes no writes");
        visit.Status("redis.eviction").ShouldBe("ok");
        visit.Status("redis.persistence").ShouldBe("ok");
    }

    [Fact]
    public async Task A_wrong_password_is_a_failure_and_is_not_shown()
    {
        using var folder = new TempFolder();
        await using var redis = await RedisServer.StartAsync("right");

        var visit = await Visit.PayAsync(folder, ("REDIS_URL", $"redis://:canary-99@127.0.0.1:{redis.Port}"));

        visit.ShouldTell("redis.connection", "fail", "it refused the password");
        visit.ExitCode.ShouldBe(1);
        (visit.Json + visit.Text).ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_name_that_a_live_instance_has_is_taken()
    {
        using var folder = new TempFolder();
        await using var redis = await RedisServer.StartAsync();
        await using var instance = await RedisInstance.StartAsync(redis.Url, "consumer-1");

        var visit = await Visit.PayAsync(folder, ("REDIS_URL", redis.Url.OriginalString), ("CONSUMER_ID", "consumer-1"));
        visit.ShouldTell("redis.consumer-id", "fail", "CONSUMER_ID 'consumer-1' is taken by process");

        (await Visit.PayAsync(folder, ("REDIS_URL", redis.Url.OriginalString), ("CONSUMER_ID", "consumer-2"))).Status("redis.consumer-id").ShouldBe("ok");
    }
}
