using Consumers.Core;
using Consumers.Host.Pages;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>One instance and what it did in the last minute.</summary>
/// <param name="PerSecond">Tasks that ended, all modules; null when not known yet.</param>
/// <param name="Module">What the module that is looked at does in it; null when it does not run there, or the fleet's state does not tell.</param>
/// <param name="Share">Of the tasks that ended in the fleet's running instances, 0 to 1; null when not known yet, and when none ended.</param>
/// <param name="IsNew">Seen for too short a time to be compared with others.</param>
internal sealed record InstanceLoad(InstanceReport Report, double? PerSecond, ModuleLoad? Module, bool IsNew = false, double? Share = null)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    public bool IsRunning => Report.State == "running";

    public bool IsAway => Report.State == "silent";

    public bool HasStopped => Report.State == "stopped";

    /// <summary>Expected to do its part: a stopped one is not.</summary>
    public bool IsMember => IsRunning || IsAway;

    /// <summary>The last error of any module.</summary>
    public TaskError? LastError => Report.ByModule.Select(module => module.LastError).OfType<TaskError>().MaxBy(error => error.At);

    /// <summary>What is wrong with it beyond its tasks; null when nothing is.</summary>
    public string? Trouble
    {
        get
        {
            var (dropped, abandoned) = (Report.ByModule.Sum(module => module.Dropped), Report.ByModule.Sum(module => module.Abandoned));
            string?[] troubles =
            [
                dropped > 0 ? $"{Words.Count(dropped, "delivery was", "deliveries were")} neither acknowledged nor handed back, and went back to the broker with the channel" : null,
                abandoned > 0 ? $"{Words.Count(abandoned, "handler ignores its cancellation and still runs", "handlers ignore their cancellation and still run")}" : null,
            ];
            return troubles.Any(trouble => trouble is not null) ? string.Join("; ", troubles.OfType<string>()) : null;
        }
    }

    /// <summary>
    /// All of them, measured over the same time: the last minute, or since the latest of them came. Who worked before it came, and who idled, is otherwise compared with one that
    /// could do neither.
    /// </summary>
    /// <param name="module">Null for all modules.</param>
    public static IEnumerable<InstanceLoad> From(IReadOnlyCollection<InstanceTrack> tracks, string? module, DateTimeOffset now)
    {
        var window = tracks.Where(track => track.Last.State != InstanceStates.Stopped && !IsFresh(track, now)).Select(track => now - track.FirstSeen).Append(InstanceTrack.Window).Min();
        return tracks.Select(track => From(track, module, now, window));
    }

    public static ModuleReport? Of(InstanceReport report, string module) => report.ByModule.FirstOrDefault(own => own.Module == module);

    private static InstanceLoad From(InstanceTrack track, string? module, DateTimeOffset now, TimeSpan window)
    {
        var minute = track.Over(window, now);
        return new InstanceLoad(
            track.Last,
            minute?.Rate(report => report.Completed + report.Failed),
            module is not null && Of(track.Last, module) is { } own ? ModuleLoad.From(own, module, minute, track.Over(ModuleLoad.Lately, now)) : null,
            IsFresh(track, now));
    }

    private static bool IsFresh(InstanceTrack track, DateTimeOffset now) => now - track.FirstSeen < Fresh;
}

/// <summary>What one module of one instance did.</summary>
/// <param name="PerSecond">Tasks that ended, over the last minute.</param>
/// <param name="LatelyPerSecond">Attempts that ended, over the last seconds.</param>
/// <param name="Ended">Tasks that ended in the last minute.</param>
/// <param name="MeanTask">In the handler; null when nothing ended.</param>
internal sealed record ModuleLoad(ModuleReport Now, double? PerSecond, double? LatelyPerSecond, long Ended, TimeSpan? MeanTask)
{
    public static readonly TimeSpan Lately = TimeSpan.FromSeconds(10);

    public static ModuleLoad From(ModuleReport now, string module, TrackSpan? minute, TrackSpan? lately)
    {
        TaskCounts Totals(InstanceReport report) => InstanceLoad.Of(report, module)?.Totals ?? default;
        long Tasks(InstanceReport report) => Totals(report).Processed + Totals(report).Failed;
        long Attempts(InstanceReport report) => Tasks(report) + Totals(report).Retried;
        var attempts = minute is null ? 0 : Attempts(minute.Last) - Attempts(minute.First);
        return new ModuleLoad(
            now,
            minute?.Rate(Tasks),
            lately?.Rate(Attempts),
            minute is null ? 0 : Tasks(minute.Last) - Tasks(minute.First),
            attempts > 0 ? TimeSpan.FromMilliseconds((Totals(minute!.Last).BusyMs - Totals(minute.First).BusyMs) / (double)attempts) : null);
    }
}
