using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The keys of DESIGN §8, and the three that the fleet keeps for itself. A name of the fleet's ends each, so no id can make one key into another.</summary>
internal static class RedisKeys
{
    /// <summary>Sorted set: CONSUMER_ID by its last heartbeat, in unix milliseconds of Redis's own clock.</summary>
    public static readonly RedisKey Instances = "fleet:instances";

    /// <summary>In the order of <see cref="CounterValues"/>.</summary>
    private static readonly string[] Counters = ["processed", "failed", "retried", "dead", "duplicates", "busyMs"];

    /// <summary>Hash: host, pid, run, version, started, modules, running, url, and what the pages show beside them.</summary>
    public static RedisKey Instance(string name) => $"fleet:instance:{name}";

    /// <summary>String with the lease's expiry: which process this run is; <c>stopped</c> after its end.</summary>
    public static RedisKey Run(string runId) => $"fleet:run:{runId}";

    public static RedisKey[] Stats(string name) => Array.ConvertAll(Counters, counter => (RedisKey)$"stats:{name}:{counter}");

    /// <summary>String: QUEUED, PROCESSING, COMPLETED or FAILED.</summary>
    public static RedisKey Status(string taskId) => $"task:{taskId}:status";

    /// <summary>Hash: what the task has been counted as, and by whom.</summary>
    public static RedisKey Counted(string taskId) => $"task:{taskId}:counted";

    /// <summary>String: the guard's value.</summary>
    public static RedisKey Guard(string taskId) => $"task:{taskId}:guard";
}
