using Consumers.Core;
using Consumers.Host.Monitoring.Findings;

namespace Consumers.Host.Live;

/// <summary>Something that happened, in one sentence.</summary>
/// <param name="Look"><c>well</c>, <c>warn</c> or <c>bad</c>.</param>
internal sealed record Notice(DateTimeOffset At, string Look, string Text, string Href);

/// <summary>Tells what is new from one look at the fleet to the next.</summary>
internal static class Notices
{
    /// <param name="before">Null at the first look: then nothing is new.</param>
    /// <param name="isStarting">What this host is still connecting to is not away.</param>
    public static IEnumerable<Notice> Between(FleetNow? before, FleetNow now, bool isStarting)
    {
        if (before is null)
        {
            yield break;
        }
        var at = now.Facts.Now;
        var (had, has) = (before.Findings.Select(standing => standing.Finding).ToArray(), now.Findings.Select(standing => standing.Finding).ToArray());
        if (isStarting)
        {
            (had, has) = (Array.FindAll(had, IsNoDependency), Array.FindAll(has, IsNoDependency));
        }
        foreach (var finding in has.ExceptBy(had.Select(old => old.Key), finding => finding.Key))
        {
            yield return new(at, finding.Severity == Severity.Bad ? "bad" : "warn", $"{finding.Text}.", finding.Href);
        }
        foreach (var finding in had.ExceptBy(has.Select(left => left.Key), finding => finding.Key))
        {
            yield return new(at, "well", $"Over: {finding.What}.", finding.Href);
        }
        foreach (var (was, instance) in Instances(before, now))
        {
            if (was is null && instance.State == InstanceStates.Running)
            {
                yield return new(at, "well", $"Instance {instance.Name} has started.", "/instances");
            }
            else if (was is not null && was.State != instance.State && instance.State is InstanceStates.Draining or InstanceStates.Stopped)
            {
                yield return new(at, "well", $"Instance {instance.Name} {(instance.State == InstanceStates.Draining ? "drains" : "has stopped in order")}.", "/instances");
            }
        }
    }

    private static bool IsNoDependency(Finding finding) => !finding.Key.StartsWith("dependency:", StringComparison.Ordinal);

    private static IEnumerable<(InstanceReport? Was, InstanceReport Is)> Instances(FleetNow before, FleetNow now) =>
        before.Facts.Instances.Value is { } had && now.Facts.Instances.Value is { } has
            ? has.Select(instance => (had.FirstOrDefault(old => old.RunId == instance.RunId), instance))
            : [];
}
