using System.Globalization;
using Consumers.Core;
using Consumers.Host.Pages;

namespace Consumers.Host.Monitoring.Findings;

/// <summary>What of the facts an operator should know. Every rule is a function of the facts alone; how long a matter has stood is <see cref="FindingTracker"/>'s.</summary>
internal static class FleetRules
{
    /// <summary>A rebalance and a restart take some seconds.</summary>
    private static readonly TimeSpan Passing = TimeSpan.FromSeconds(10);

    /// <summary>Fewer failures in the last minutes than this are single cases.</summary>
    private const int FewestFailures = 5;

    public static IEnumerable<Finding> Judge(FleetFacts facts) =>
        Dependencies(facts).Concat(Instances(facts)).Concat(facts.Modules.SelectMany(module => Module(module, facts))).Concat(Failures(facts)).Concat(Flow(facts));

    private static IEnumerable<Finding> Dependencies(FleetFacts facts)
    {
        foreach (var dependency in facts.Dependencies.Where(dependency => dependency.Health != DependencyHealth.Up))
        {
            var module = facts.Modules.FirstOrDefault(module => module.Connection.Name == dependency.Name);
            yield return new(
                $"dependency:{dependency.Name}",
                dependency.Health == DependencyHealth.Down ? Severity.Bad : Severity.Warn,
                $"{dependency.Name} has been {Words.Health(dependency.Health)}", dependency.Description,
                module is null ? "/#dependencies" : $"/{module.Module}",
                dependency.Since);
        }
        if (facts.Behind is { } behind)
        {
            yield return new("behind", Severity.Warn, "Counts of this instance have been behind", $"{behind.Why.TrimEnd('.')}; {Words.Count(behind.Buffered, "task waits", "tasks wait")} to be counted", "/scaling", behind.Since);
        }
    }

    private static IEnumerable<Finding> Instances(FleetFacts facts)
    {
        if (facts.Instances.Value is not { } instances)
        {
            yield return new("instances", Severity.Warn, "Nobody has known which instances run", facts.Instances.WhyUnknown, "/instances");
            yield break;
        }
        foreach (var silent in instances.Where(instance => instance.State == InstanceStates.Silent))
        {
            yield return new($"silent:{silent.RunId}", Severity.Warn, $"Instance {silent.Name} has been silent", "what ran there runs elsewhere", "/instances", silent.SeenAt);
        }
        var versions = instances.Where(instance => instance.State == InstanceStates.Running).Select(instance => instance.Version).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (versions.Length > 1)
        {
            yield return new("versions", Severity.Note, "Instances of several versions have run", string.Join(", ", versions), "/instances", After: Passing);
        }
    }

    private static IEnumerable<Finding> Module(ModuleFacts module, FleetFacts facts)
    {
        var (name, page) = (Words.Capital(module.Module), $"/{module.Module}");
        if (facts.Pauses.Find(module.Module) is { } pause)
        {
            yield return new(
                $"pause:{module.Module}", Severity.Warn,
                $"{name} has been paused by {pause.By}{(pause.Why is { } why ? $" ({why})" : "")}",
                $"{(module.Ready is { } waiting ? Words.Count(waiting, "task waits", "tasks wait") : "an unknown number of tasks waits")} until somebody resumes it",
                page, pause.Since);
        }
        foreach (var type in facts.Pauses.TypesOf(module.Module))
        {
            yield return new($"pause:{module.Module}/{type.Type}", Severity.Note, $"{name}: task type {type.Type} has been paused by {type.By}", type.Why, page, type.Since);
        }
        foreach (var breaker in module.Breakers)
        {
            yield return new(
                $"breaker:{module.Module}/{breaker.Type}", Severity.Warn,
                $"{name}: task type {breaker.Type} has not run here",
                string.Create(CultureInfo.InvariantCulture, $"{breaker.Failed} of {breaker.Attempts} attempts failed{(breaker.LastError is { Length: > 0 } error ? $" ({error})" : "")}; it is tried again by itself"),
                page, breaker.Since);
        }
        if (module.Connection.Health == DependencyHealth.Down || facts.Pauses.Find(module.Module) is not null)
        {
            yield break;
        }
        if (module.Orphans > 0)
        {
            yield return new($"orphans:{module.Module}", Severity.Bad, $"{name}: {Words.Count(module.Orphans, "partition has", "partitions have")} had no owner", null, page, After: Passing / 2);
        }
        if (module is { Consumers: 0, Orphans: 0 })
        {
            yield return new(
                $"unconsumed:{module.Module}", module.Ready == 0 ? Severity.Warn : Severity.Bad,
                $"{name}: nobody has consumed {module.Work}", module.Ready > 0 ? Words.Count(module.Ready.Value, "task waits", "tasks wait") : null, page, After: Passing);
        }
    }

    private static IEnumerable<Finding> Failures(FleetFacts facts)
    {
        if (facts.Lately is { } lately && lately.Failed >= FewestFailures && lately.Failed > (lately.Completed + lately.Failed) * (1 - facts.Objective))
        {
            var most = facts.Causes.Where(cause => facts.Now - cause.LastAt < FleetFacts.LatelySpan).Select(cause => cause.Error).FirstOrDefault();
            yield return new(
                "failures", Severity.Warn,
                "Dead letters have been rising", $"{lately.Failed} of {Words.Count(lately.Completed + lately.Failed, "task", "tasks")} failed in the last {FleetFacts.LatelySpan.TotalMinutes:0} minutes{(most is null ? "" : $", most of all with “{Words.Short(most, 80)}”")}",
                "/dead-letters");
        }
    }

    private static IEnumerable<Finding> Flow(FleetFacts facts)
    {
        // Of a module that is paused or away it is no news that its tasks wait.
        var flows = facts.Modules.All(module => facts.Pauses.Find(module.Module) is null && module.Connection.Health == DependencyHealth.Up);
        if (flows && facts.Throughput is { Drain.Kind: DrainKind.Never, Waiting: > 0 and var waiting })
        {
            yield return new("backlog", Severity.Warn, "The backlog has not shrunk", $"{Words.Count(waiting, "task waits", "tasks wait")}; add an instance", "/instances", After: Passing);
        }
        if (flows && facts.Fairness is { IsLow: true } fairness)
        {
            yield return new("fairness", Severity.Warn, "The work has not been shared evenly", fairness.Sentence, "/scaling", After: Passing);
        }
    }
}
