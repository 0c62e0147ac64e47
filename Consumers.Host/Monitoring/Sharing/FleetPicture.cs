using System.Globalization;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>How the instances share the work, as pages and API show it.</summary>
/// <param name="Instances">By name; null when the fleet's register did not answer.</param>
internal sealed record FleetPicture(IReadOnlyList<InstanceLoad>? Instances, string? WhyUnknown)
{
    /// <summary>Those that have not stopped.</summary>
    public IReadOnlyList<InstanceLoad> Present => [.. (Instances ?? []).Where(load => !load.HasStopped)];

    /// <summary>Those that have, the last first.</summary>
    public IReadOnlyList<InstanceLoad> Stopped => [.. (Instances ?? []).Where(load => load.HasStopped).OrderByDescending(load => load.Report.SeenAt)];

    /// <summary>For the next instance: the first <c>consumer-N</c> that nobody here has; a place to fill in when nobody knows who is here.</summary>
    public string FreeName => Instances is null ? "NAME" : Enumerable.Range(1, int.MaxValue).Select(n => $"consumer-{n}").First(name => Present.All(load => load.Report.Name != name));

    /// <summary>And the first port from 8080 on that none of them has told as its own.</summary>
    public string FreePort
    {
        get
        {
            var taken = Present.Select(load => Uri.TryCreate(load.Report.Url, UriKind.Absolute, out var url) ? url.Port : 0).ToHashSet();
            return Instances is null ? "PORT" : Enumerable.Range(8080, ushort.MaxValue - 8080).First(port => !taken.Contains(port)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <param name="rate">What the shares are shares of.</param>
    public static FleetPicture Of(IEnumerable<InstanceLoad> loads, Func<InstanceLoad, double?> rate)
    {
        var all = loads.OrderBy(load => load.Report.Name, StringComparer.Ordinal).ThenBy(load => load.Report.StartedAt).ToArray();
        var sum = all.Where(load => load.IsMember).Sum(load => rate(load) ?? 0);
        return new([.. all.Select(load => load with { Share = load.IsMember && sum > 0 && rate(load) is { } own ? own / sum : null })], null);
    }
}

/// <summary>The module's queue and how its instances share it.</summary>
internal sealed record SharingPicture(FleetPicture Fleet, QueueFlow Flow, Fairness Fairness)
{
    public IEnumerable<InstanceLoad> Running => (Fleet.Instances ?? []).Where(load => load.IsRunning);
}
