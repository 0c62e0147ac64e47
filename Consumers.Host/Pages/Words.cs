using System.Globalization;
using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Balancing;

namespace Consumers.Host.Pages;

/// <summary>Numbers and states as people say them.</summary>
internal static class Words
{
    private static readonly NumberFormatInfo ThinSpaces = new() { NumberGroupSeparator = "\u202F", NumberGroupSizes = [3] };

    public static string Duration(TimeSpan duration)
    {
        var time = duration < TimeSpan.Zero ? TimeSpan.Zero : duration;
        return time switch
        {
            { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
            { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
            { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s"),
            { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
        };
    }

    public static string Count(long count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    public static string Short(string text, int length) => text.Length <= length ? text : text[..length] + "…";

    /// <summary>A count with thin spaces between thousands, or the word "unknown", which is not zero.</summary>
    public static string Number(long? number) => number?.ToString("N0", ThinSpaces) ?? "unknown";

    public static string Rate(double? perSecond) => perSecond switch
    {
        null => "unknown",
        0 => "0/s",
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0}/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0}/s"),
    };

    public static string Drain(DrainEstimate? drain) => drain?.Kind switch
    {
        DrainKind.Empty => "empty",
        DrainKind.In => $"gone in about {Duration(drain.After!.Value)}",
        DrainKind.Never => "never, at this rate",
        _ => "time to drain unknown",
    };

    /// <summary>The same as a number of its own, without a sentence around it.</summary>
    public static string DrainTime(DrainEstimate drain) => drain.Kind switch
    {
        DrainKind.Empty => "nothing waits",
        DrainKind.In => Duration(drain.After!.Value),
        DrainKind.Never => "never, at this rate",
        _ => "not known yet",
    };

    public static string Share(long completed, long failed) => completed + failed == 0
        ? "–"
        // Rounded down: 100 % is said only when nothing failed.
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(completed * 10000.0 / (completed + failed)) / 100:0.##} %");

    /// <summary>0 to 1 as a percentage; a part of a percent only where it says something.</summary>
    public static string Percent(double? share) => share switch
    {
        null => "unknown",
        > 0 and < 0.1 => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %"),
    };

    /// <summary>Rounded down: 1 is said only of what is even.</summary>
    public static string Index(double? jain) =>
        jain is { } index ? (Math.Floor(index * 1000) / 1000).ToString("0.000", CultureInfo.InvariantCulture) : "unknown";

    public static string Health(DependencyHealth health) => health switch
    {
        DependencyHealth.Up => "up",
        DependencyHealth.Degraded => "degraded",
        _ => "away",
    };

    /// <summary>Why a task type does not run, and when it is tried again. Times in UTC.</summary>
    public static string Pause(TypePause pause)
    {
        var why = pause.LastError is { Length: > 0 } error ? $" (last error: {error})" : "";
        var next = pause.IsProbing ? "one task is being tried now" : string.Create(CultureInfo.InvariantCulture, $"next probe at {pause.NextProbeAt.UtcDateTime:HH:mm:ss}");
        var failed = pause.FailedProbes > 0 ? $", {Count(pause.FailedProbes, "probe", "probes")} failed so far" : "";
        return string.Create(CultureInfo.InvariantCulture, $"Task type {pause.Type} is paused since {pause.Since.UtcDateTime:HH:mm:ss} because {pause.Failed} of {pause.Attempts} attempts failed{why}; {next}{failed}.");
    }

    /// <summary>Since when, by whom and why. Times in UTC.</summary>
    /// <param name="waiting">How many tasks wait; null when that is unknown or not to be said.</param>
    public static string Paused(Pause pause, long? waiting, DateTimeOffset now)
    {
        var since = pause.Since.UtcDateTime;
        var time = since.ToString(since.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var why = pause.Why is { } reason ? $" ({reason})" : "";
        return $"paused since {time} by {pause.By}{why}{(waiting is { } tasks ? $"; {Count(tasks, "task waits", "tasks wait")}" : "")}";
    }

    /// <summary>Whether every task is somewhere.</summary>
    public static string Balance(Balance balance) => balance switch
    {
        { Standing: { } standing } => $"{Count(standing.AtLeast, "task is", "tasks are")} missing",
        { Difference: null } => $"unknown: {balance.WhyUnknown}",
        { Difference: > 0 } => $"{balance.Difference} not found yet; said after a minute",
        { Unrecorded: > 0 } => $"balances, with {Count(balance.Unrecorded.Value, "message", "messages")} in the broker that no unfinished task is known of",
        _ => "balances",
    };

    public static string Sign(DependencyHealth health) => health switch
    {
        DependencyHealth.Up => "●",
        DependencyHealth.Degraded => "◑",
        _ => "○",
    };
}
