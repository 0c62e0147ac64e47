using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>An entry as the script that tells it to Redis: by itself, or together with the guard's value, whose key and arguments then go before its own.</summary>
internal sealed class CountCall(string instance, string runId, TimeSpan remember)
{
    /// <summary>How long a status is kept.</summary>
    public static readonly TimeSpan StatusLife = TimeSpan.FromHours(24);

    private static readonly RedisValue StatusLifeMs = (long)StatusLife.TotalMilliseconds;

    private readonly RedisKey[] _processed = RaisedBy(instance, CountedAs.Processed);
    private readonly RedisKey[] _retried = RaisedBy(instance, CountedAs.Retried);
    private readonly RedisKey[] _failed = RaisedBy(instance, CountedAs.Failed);
    private readonly RedisValue _rememberMs = (long)remember.TotalMilliseconds;

    public (RedisScript Script, RedisKey[] Keys, RedisValue[] Arguments) Alone(CountEntry entry) => entry.Kind == CountEntryKind.Queued
        ? (RedisScripts.Queue, [RedisKeys.Status(entry.Key.TaskId)], [StatusLifeMs])
        : (entry.Kind == CountEntryKind.Ended ? RedisScripts.Count : RedisScripts.Tell, Keys([], entry), Arguments([], entry));

    /// <param name="entry">A task that begins or ends; null to tell nothing.</param>
    public (RedisScript Script, RedisKey[] Keys, RedisValue[] Arguments) Replacing(string taskId, string? expected, string next, CountEntry? entry)
    {
        var guard = RedisKeys.Guard(taskId);
        return entry is null
            ? (RedisScripts.Replace, [guard], [expected ?? "", next, _rememberMs])
            : (entry.Kind == CountEntryKind.Ended ? RedisScripts.ReplaceAndCount : RedisScripts.ReplaceAndTell, Keys([guard], entry), Arguments([expected ?? "", next, _rememberMs], entry));
    }

    private RedisKey[] Keys(ReadOnlySpan<RedisKey> before, CountEntry entry)
    {
        RedisKey[] raised = (entry.Kind, entry.Counted) switch
        {
            (not CountEntryKind.Ended, _) => [],
            (_, CountedAs.Processed) => _processed,
            (_, CountedAs.Retried) => _retried,
            _ => _failed,
        };
        return [.. before, RedisKeys.Counted(entry.Key.TaskId), RedisKeys.Status(entry.Key.TaskId), .. raised];
    }

    private RedisValue[] Arguments(ReadOnlySpan<RedisValue> before, CountEntry entry) => entry.Kind == CountEntryKind.Ended
        ? [.. before, entry.Mark, $"{runId}:{entry.Number}", entry.State.ToWire(), StatusLifeMs, _rememberMs, entry.BusyMs, entry.Counted == CountedAs.Retried ? entry.End : ""]
        : [.. before, entry.End, entry.State.ToWire(), StatusLifeMs];

    /// <summary>The time first, as the script expects it.</summary>
    private static RedisKey[] RaisedBy(string instance, CountedAs counted)
    {
        var stats = RedisKeys.Stats(instance);
        return [stats[CounterValues.BusyMs], .. CounterValues.Of(counted).Select(counter => stats[counter])];
    }
}
