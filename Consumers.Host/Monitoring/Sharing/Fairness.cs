using System.Globalization;
using Consumers.Host.Pages;

namespace Consumers.Host.Monitoring.Sharing;

/// <summary>How evenly the work was shared in the last minute, and why not.</summary>
/// <param name="Index">Jain's index of the instances' rates: 1 when all are equal, 1/n when one of n does everything; null when not known.</param>
/// <param name="Sentence">For people.</param>
internal sealed record Fairness(double? Index, string Sentence)
{
    /// <summary>Below this the cause is looked for.</summary>
    public const double Low = 0.95;

    /// <summary>Fewer tasks an instance than this differ by chance alone.</summary>
    private const int FewestTasks = 20;

    /// <summary>How much longer than its neighbours' a task must take to be the cause.</summary>
    private const double MuchSlower = 1.4;

    public bool IsLow => Index < Low;

    /// <param name="loads">All that run the module.</param>
    public static Fairness Of(IReadOnlyList<InstanceLoad> loads)
    {
        // Not yet seen for long enough is no reason to call it lazy.
        var members = loads.Where(load => load is { IsMember: true, IsNew: false, Module.PerSecond: not null }).ToArray();
        var newcomers = loads.Where(load => load is { IsMember: true, IsNew: true, Module: not null }).ToArray();
        if (members.Length == 0)
        {
            return new(null, loads.Any(load => load.Report.ByModule.Count == 0)
                ? "Not known: without Redis the instances do not tell what each module does. Set REDIS_URL."
                : "Not known yet: no instance has reported for long enough.");
        }
        if (members.Length == 1 && newcomers.Length > 0)
        {
            return new(null, $"Not known yet: {string.Join(", ", newcomers.Select(load => load.Report.Name))} came only now.");
        }
        if (members.Length == 1)
        {
            return new(1, members[0].IsAway
                ? $"{members[0].Report.Name} is away since {Clock(members[0])}, and there is no other instance: nothing is done."
                : $"{members[0].Report.Name} does all the work; from the second instance on it is shared.");
        }
        var ended = members.Sum(load => load.Module!.Ended);
        if (ended < FewestTasks * members.Length)
        {
            return new(null, $"Not known yet: {Words.Count(ended, "task", "tasks")} ended in the last minute, and fewer than {FewestTasks} an instance differ by chance.");
        }
        var index = Jain([.. members.Select(load => load.Module!.PerSecond!.Value)]);
        return new(index, index >= Low && !members.Any(load => load.IsAway) ? "The work is shared evenly." : CauseOf(members));
    }

    public static double Jain(IReadOnlyList<double> shares)
    {
        var (sum, squares) = (shares.Sum(), shares.Sum(share => share * share));
        return squares == 0 ? 1 : sum * sum / (shares.Count * squares);
    }

    private static string CauseOf(InstanceLoad[] members)
    {
        if (members.FirstOrDefault(load => load.IsAway) is { } away)
        {
            return $"{away.Report.Name} is away since {Clock(away)}: its tasks go to the others.";
        }
        var mean = members.Average(load => load.Module!.PerSecond!.Value);
        if (members.Where(load => load.Module!.PerSecond > mean && load.Module.Now.Prefetch > load.Module.Now.Limit).MaxBy(load => load.Module!.Now.Prefetch) is { Module.Now: var hoard } hoarder)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"{hoarder.Report.Name} hoards: it may hold {hoard.Prefetch} tasks while it runs {hoard.Limit}, so tasks wait there that others could begin. Set Consumers:Scaling:Prefetch=1.");
        }
        var least = members.MinBy(load => load.Module!.PerSecond)!;
        var others = members.Where(load => load != least).ToArray();
        var (name, own) = (least.Report.Name, least.Module!);
        if (own is { Ended: 0, Now: { Running: 0, Unacked: 0 } })
        {
            return $"{name} takes no tasks although it is alive: it may be paused, or have lost its broker. Its own page says.";
        }
        if (others.Select(load => load.Module!.MeanTask).OfType<TimeSpan>().Order().ToArray() is { Length: > 0 } means && means[means.Length / 2] is var usual && own.MeanTask > MuchSlower * usual)
        {
            return $"{name} is slow: {Words.Duration(own.MeanTask.Value)} a task where the others need {Words.Duration(usual)}. The others take over what it does not get to.";
        }
        if (own.Now.Limit < others.Min(load => load.Module!.Now.Limit))
        {
            return $"{name} runs {Words.Count(own.Now.Limit, "task", "tasks")} at once, each of the others more.";
        }
        return $"{name} does less than the others, and nothing that is measured says why.";
    }

    private static string Clock(InstanceLoad load) => load.Report.SeenAt.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
