using System.Globalization;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>An entry as the script that tells it to Redis: by itself, or together with the guard's value, whose key and arguments then go before its own.</summary>
internal sealed class CountCall(string instance, string runId, TimeSpan remember)
{
    /// <summary>How long a status is kept.</summary>
    public static readonly TimeSpan StatusLife = TimeSpan.FromHours(24);

    private static readonly string StatusLifeText = Text((long)StatusLife.TotalMilliseconds);

    private readonly string[] _stats = RedisKeys.Stats(instance);
    private readonly string _remember = Text((long)remember.TotalMilliseconds);

    public (RedisScript Script, string[] Keys, string[] Arguments) Alone(CountEntry entry) => entry.Kind == CountEntryKind.Queued
        ? (RedisScripts.Queue, [RedisKeys.Status(entry.Key.TaskId)], [StatusLifeText])
        : (entry.Kind == CountEntryKind.Ended ? RedisScripts.Count : RedisScripts.Tell, [.. KeysOf(entry)], [.. ArgumentsOf(entry)]);

    /// <param name="entry">A task that begins or ends; null to tell nothing.</param>
    public (RedisScript Script, string[] Keys, string[] Arguments) Replacing(string taskId, string? expected, string next, CountEntry? entry)
    {
        var guard = RedisKeys.Guard(taskId);
        return entry is null
            ? (RedisScripts.Replace, [guard], [expected ?? "", next, _remember])
            : (entry.Kind == CountEntryKind.Ended ? RedisScripts.ReplaceAndCount : RedisScripts.ReplaceAndTell, [guard, .. KeysOf(entry)], [expected ?? "", next, _remember, .. ArgumentsOf(entry)]);
    }

    private ReadOnlySpan<string> KeysOf(CountEntry entry)
    {
        var id = entry.Key.TaskId;
        return (entry.Kind, entry.Counted) switch
        {
            (not CountEntryKind.Ended, _) => new[] { RedisKeys.Counted(id), RedisKeys.Status(id) },
            (_, CountedAs.Processed) => new[] { RedisKeys.Counted(id), RedisKeys.Status(id), _stats[CounterValues.BusyMs], _stats[CounterValues.Processed] },
            (_, CountedAs.Retried) => new[] { RedisKeys.Counted(id), RedisKeys.Status(id), _stats[CounterValues.BusyMs], _stats[CounterValues.Retried] },
            _ => new[] { RedisKeys.Counted(id), RedisKeys.Status(id), _stats[CounterValues.BusyMs], _stats[CounterValues.Failed], _stats[CounterValues.Dead] },
        };
    }

    private ReadOnlySpan<string> ArgumentsOf(CountEntry entry) => entry.Kind == CountEntryKind.Ended
        ? new[] { entry.Mark, $"{runId}:{Text(entry.Number)}", entry.State.ToWire(), StatusLifeText, _remember, Text(entry.BusyMs), entry.Counted == CountedAs.Retried ? entry.End : "" }
        : new[] { entry.End, entry.State.ToWire(), StatusLifeText };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
