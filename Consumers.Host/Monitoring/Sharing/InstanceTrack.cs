using Consumers.Core;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>What one process reported in the last minute. Differences only: what it did before it was first seen here is not in them.</summary>
internal sealed class InstanceTrack
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>Reports come every 2 s; a shorter time makes no rate.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1.5);

    /// <summary>How far the times in the reports may be from those of their arrival: more, and somebody has set that clock.</summary>
    private static readonly TimeSpan Believable = TimeSpan.FromSeconds(4);

    private readonly List<(DateTimeOffset At, InstanceReport Report)> _reports = [];

    /// <param name="now">Of a steady clock, as in all that follows.</param>
    public InstanceTrack(InstanceReport first, DateTimeOffset now)
    {
        FirstSeen = now;
        _reports.Add((now, first));
    }

    public DateTimeOffset FirstSeen { get; }

    public InstanceReport Last => _reports[^1].Report;

    public void Add(InstanceReport report, DateTimeOffset now)
    {
        if (report.SeenAt == Last.SeenAt)
        {
            // The same report again; that it has become silent is what others found.
            _reports[^1] = (_reports[^1].At, report);
        }
        else
        {
            _reports.Add((now, report));
        }
        _reports.RemoveAll(old => old.Report != report && now - old.At > Window);
    }

    /// <summary>The oldest and the newest report of a window, and how far they are apart; null when that is not known yet.</summary>
    public TrackSpan? Over(TimeSpan window, DateTimeOffset now)
    {
        var last = _reports[^1];
        var first = _reports.FindIndex(report => now - report.At <= window) is var index and >= 0 ? _reports[index] : last;
        // Of a silent one, what it did not do counts as well.
        var time = last.Report.State == "silent" ? now - first.At : Between(first, last);
        return time >= Shortest ? new TrackSpan(first.Report, last.Report, time) : null;
    }

    /// <summary>By the reporter's clock, which knows better when it counted.</summary>
    private static TimeSpan Between((DateTimeOffset At, InstanceReport Report) first, (DateTimeOffset At, InstanceReport Report) last)
    {
        var (claimed, arrived) = (last.Report.SeenAt - first.Report.SeenAt, last.At - first.At);
        return (claimed - arrived).Duration() <= Believable ? claimed : arrived;
    }
}

internal sealed record TrackSpan(InstanceReport First, InstanceReport Last, TimeSpan Time)
{
    /// <summary>A second.</summary>
    public double Rate(Func<InstanceReport, long> count) => Math.Max(0, count(Last) - count(First)) / Time.TotalSeconds;
}
