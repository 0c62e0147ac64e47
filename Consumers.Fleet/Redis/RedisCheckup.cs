using System.Globalization;
using Consumers.Core;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The Redis of the fleet: whether it can be reached, what it would forget, its clock, and who is in the fleet. Nothing is written.</summary>
internal sealed class RedisCheckup(IOptions<RedisOptions> options, InstanceIdentity self, HostIdentity host, TimeProvider time, IEnumerable<ITaskTransport> transports) : ICheckup
{
    /// <summary>Times on pages and in logs of different machines are compared by people: more than this misleads them.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(1);

    /// <summary>The scripts write after they have asked for the time.</summary>
    private static readonly Version Oldest = new(5, 0);

    public string Area => "redis";

    public string Title => "Redis";

    public string Where => RedisAddress.Redact(options.Value.Url);

    private bool IsGuard => transports.Any(transport => transport.Guard == GuardMode.Redis);

    public async Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        if (!options.Value.IsConfigured)
        {
            findings.Off("connection", "none is configured (REDIS_URL): the ledger keeps the register of the fleet");
            return;
        }
        _ = RedisAddress.TryParse(options.Value.Url, out var configuration);
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;
        (configuration.ConnectTimeout, configuration.SyncTimeout) = (10_000, 10_000);
        configuration.ClientName = $"{self.Name}-doctor";
        // INFO and CONFIG GET count as administration with this client.
        configuration.AllowAdmin = true;
        ConnectionMultiplexer? client = null;
        try
        {
            client = await ConnectionMultiplexer.ConnectAsync(configuration).WaitAsync(cancellationToken);
            var redis = client.GetDatabase();
            await CheckClockAsync(findings, redis);
            var info = Lines((string?)await redis.ExecuteAsync("INFO"));
            CheckServer(findings, info);
            CheckMemory(findings, info);
            await CheckPersistenceAsync(findings, redis, info);
            await CheckFleetAsync(findings, redis);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or System.Net.Sockets.SocketException)
        {
            Tell(findings, RedisFailure.Of(e));
        }
        finally
        {
            // Otherwise it would wait for answers that nobody has asked for.
            await (client?.CloseAsync(allowCommandsToComplete: false) ?? Task.CompletedTask);
        }
    }

    private static void Tell(Findings findings, RedisFailure failure)
    {
        var advice = failure.Advice.Replace(RedisFailure.Patience, "", StringComparison.Ordinal).Trim();
        if (failure.IsAway)
        {
            findings.Unreachable("connection", failure.Reason, $"{advice} Start one: ./scripts/brokers.sh up. Or go without it: REDIS_URL=".Trim());
        }
        else
        {
            findings.Fail(findings.Has("connection") ? "answer" : "connection", failure.Reason, advice);
        }
    }

    private async Task CheckClockAsync(Findings findings, IDatabase redis)
    {
        var (asked, started) = (time.GetUtcNow(), time.GetTimestamp());
        var answer = (RedisValue[])(await redis.ExecuteAsync("TIME"))!;
        var took = time.GetElapsedTime(started);
        findings.Ok("connection", string.Create(CultureInfo.InvariantCulture, $"answers in {took.TotalMilliseconds:0.0} ms"));
        var there = DateTimeOffset.FromUnixTimeMilliseconds(((long)answer[0] * 1000) + ((long)answer[1] / 1000));
        var skew = there - (asked + (took / 2));
        if (skew.Duration() > MostSkew + took)
        {
            findings.Warn("clock", string.Create(CultureInfo.InvariantCulture, $"its clock is {skew.Duration().TotalSeconds:0.0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} this machine's: no task is hurried or lost by that, but times on pages and in logs mislead"),
                "let both machines keep their time by NTP: timedatectl status");
        }
        else
        {
            findings.Ok("clock", "clocks agree");
        }
    }

    private static void CheckServer(Findings findings, Dictionary<string, string> info)
    {
        var text = info.GetValueOrDefault("redis_version") ?? "";
        var isKnown = Version.TryParse(text, out var version);
        if (isKnown && version < Oldest)
        {
            findings.Fail("version", $"Redis {text} cannot run the fleet's scripts", "Redis 5 or newer");
        }
        else if (isKnown)
        {
            findings.Ok("version", $"Redis {text}");
        }
        else
        {
            findings.Unknown("version", "it does not say its version");
        }
        if (info.GetValueOrDefault("role") is "slave" or "replica")
        {
            findings.Fail("role", "it is a replica, and takes no writes", "REDIS_URL: the primary's address");
        }
        else
        {
            findings.Ok("role", "primary");
        }
    }

    private void CheckMemory(Findings findings, Dictionary<string, string> info)
    {
        var (limit, used) = (Number(info, "maxmemory"), Number(info, "used_memory"));
        var policy = info.GetValueOrDefault("maxmemory_policy") ?? "unknown";
        if (policy != "noeviction")
        {
            findings.Warn("eviction", $"maxmemory-policy is {policy}: {(limit > 0 ? "" : "with a maxmemory, ")}{(IsGuard ? "what is settled may be forgotten, so that a task runs again, and " : "")}counters may be evicted",
                "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf");
        }
        else
        {
            findings.Ok("eviction", "noeviction");
        }
        var share = limit > 0 ? (double)used / limit : 0;
        var state = string.Create(CultureInfo.InvariantCulture, $"{used / 1048576.0:0.#} of {limit / 1048576.0:0.#} MiB are used");
        if (share >= 1)
        {
            findings.Fail("memory", $"{state}: it takes no writes", "redis-cli CONFIG SET maxmemory <more>, or remove what does not belong there");
        }
        else if (share > 0.9)
        {
            findings.Warn("memory", $"{state}: full, it takes no writes", "redis-cli CONFIG SET maxmemory <more>, or remove what does not belong there");
        }
        else
        {
            findings.Ok("memory", limit > 0 ? state : "no memory limit");
        }
    }

    private async Task CheckPersistenceAsync(Findings findings, IDatabase redis, Dictionary<string, string> info)
    {
        if (info.GetValueOrDefault("aof_last_write_status") == "err" || info.GetValueOrDefault("rdb_last_bgsave_status") == "err")
        {
            findings.Fail("persistence", "its last write to disk failed, and with stop-writes-on-bgsave-error it takes no more", "its log says why; most often the disk is full or not writable");
            return;
        }
        var lost = IsGuard ? "what the guard remembers, so that redelivered tasks run again, and the counters" : "the counters";
        if (info.GetValueOrDefault("aof_enabled") == "1")
        {
            findings.Ok("persistence", "append-only file");
            return;
        }
        string? save;
        try
        {
            save = ((RedisValue[])(await redis.ExecuteAsync("CONFIG", "GET", "save"))!) is [_, var value, ..] ? (string?)value : null;
        }
        catch (RedisServerException)
        {
            findings.Unknown("persistence", "no append-only file; whether it writes snapshots it does not tell this user", "redis-cli CONFIG GET save");
            return;
        }
        if (string.IsNullOrEmpty(save))
        {
            findings.Warn("persistence", $"nothing is kept on disk: a restart of Redis loses {lost}", "redis-cli CONFIG SET appendonly yes, and the same in redis.conf");
        }
        else if (IsGuard)
        {
            findings.Warn("persistence", $"snapshots only: a crash of Redis loses since the last one {lost}", "redis-cli CONFIG SET appendonly yes, and the same in redis.conf");
        }
        else
        {
            findings.Ok("persistence", "snapshots");
        }
    }

    /// <summary>Who is there, and whether the ledger can be what they have in common.</summary>
    private async Task CheckFleetAsync(Findings findings, IDatabase redis)
    {
        var answer = (RedisResult[])(await redis.ScriptEvaluateAsync(RedisScripts.List.Text, [RedisKeys.Instances], [(long)TimeSpan.FromHours(1).TotalMilliseconds]))!;
        var now = CounterValues.Read((RedisValue)answer[0]);
        var live = answer.Skip(1).Select(row => InstanceFields.Read((RedisValue[])row!, now, RedisRegister.Lease, host)).Where(instance => instance.State is not (InstanceStates.Stopped or InstanceStates.Silent)).ToArray();
        NameCheck.Tell(findings, self, live.Select(instance => (instance.Name, instance.Host, instance.Pid)));
        var machines = live.Select(instance => instance.Host).Append(self.Host).Distinct(StringComparer.Ordinal).ToArray();
        var byLedger = transports.Where(transport => transport.Guard == GuardMode.Ledger).Select(transport => transport.Module).ToArray();
        if (machines.Length > 1 && byLedger.Length > 0)
        {
            findings.Warn("fleet", $"the fleet runs on {machines.Length} machines ({string.Join(", ", machines)}), but {string.Join(" and ", byLedger)} remember what is settled in the ledger, a file that one machine has: elsewhere a redelivered task runs again",
                $"Consumers:{byLedger[0]}:Guard=Redis with Consumers:{byLedger[0]}:Record=None, or all instances on one machine");
        }
        else
        {
            findings.Ok("fleet", $"{live.Length} instances in the fleet");
        }
    }

    private static long Number(Dictionary<string, string> info, string name) => CounterValues.Read(info.GetValueOrDefault(name));

    private static Dictionary<string, string> Lines(string? info)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (info ?? "").Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Split(':', 2) is [var name, var value])
            {
                fields[name] = TaskHeaders.CleanError(value);
            }
        }
        return fields;
    }
}
