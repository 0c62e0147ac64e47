using System.Globalization;
using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>The six counters as an array, in the order of their keys.</summary>
internal static class CounterValues
{
    public const int Processed = 0;
    public const int Failed = 1;
    public const int Retried = 2;
    public const int Dead = 3;
    public const int Duplicates = 4;
    public const int BusyMs = 5;
    public const int Count = 6;

    /// <summary>Which go up by one for an attempt.</summary>
    public static int[] Of(CountedAs counted) => counted switch
    {
        CountedAs.Processed => [Processed],
        CountedAs.Retried => [Retried],
        _ => [Failed, Dead],
    };

    public static TaskCounts ToCounts(ReadOnlySpan<RedisValue> values) =>
        new(Read(values[Processed]), Read(values[Failed]), Read(values[Retried]), Read(values[Dead]), Read(values[Duplicates]), Read(values[BusyMs]));

    /// <summary>0 for what is no number: a counter that nobody has written, or somebody else.</summary>
    public static long Read(RedisValue value) => long.TryParse((string?)value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
