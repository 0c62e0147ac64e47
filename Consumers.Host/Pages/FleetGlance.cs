using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Pages;

/// <summary>What the first page shows, and the one sentence that sums it up.</summary>
internal sealed record FleetGlance(
    Known<IReadOnlyDictionary<TaskState, long>> Counts,
    Known<IReadOnlyList<InstanceReport>> Instances,
    IReadOnlyList<TransportSnapshot> Snapshots,
    IReadOnlyList<DependencyState> Dependencies,
    Throughput? Throughput,
    PauseList Pauses,
    long? Dead)
{
    public long? Count(TaskState state) => Counts.Value?.GetValueOrDefault(state);

    public long? Ready => Sum("work");

    /// <summary>On their way from the brokers into the archive, or kept there where nothing archives them.</summary>
    public long? DeadInBrokers => Sum("dead");

    /// <summary>That nobody has seen to yet: in the archive, and in the brokers.</summary>
    public long? DeadLetters => Dead + DeadInBrokers;

    public IEnumerable<DependencyState> Away => Dependencies.Where(dependency => dependency.Health != DependencyHealth.Up);

    /// <summary>Modules before their types.</summary>
    public IEnumerable<Pause> PausesInOrder => Pauses.All.OrderBy(pause => pause.Module, StringComparer.Ordinal).ThenBy(pause => pause.Type, StringComparer.Ordinal);

    /// <summary>Somebody wants it so: not well, but no fault either.</summary>
    private string[] PausedModules => [.. PausesInOrder.Where(pause => pause.Type is null).Select(pause => pause.Module)];

    public bool IsPaused => PausedModules.Length > 0;

    /// <summary>Tasks come in faster than they are done. Of a module that is paused that is no news.</summary>
    public bool IsFallingBehind => Throughput?.Drain.Kind == DrainKind.Never && !IsPaused;

    public bool IsWell => !Away.Any() && !IsFallingBehind && !IsPaused;

    public string Sentence
    {
        get
        {
            if (Away.Any())
            {
                var names = string.Join(" and ", Away.Select(dependency => $"{dependency.Name} is {Words.Health(dependency.Health)}"));
                return $"{names}; the rest goes on.";
            }
            if (PausedModules is { Length: > 0 } paused)
            {
                return $"Paused: {string.Join(" and ", paused)}. {(Ready is { } waiting ? Words.Count(waiting, "task waits", "tasks wait") : "An unknown number of tasks waits")} until somebody resumes {(paused.Length == 1 ? "it" : "them")}.";
            }
            var running = Instances.Value?.Count(instance => instance.State == "running");
            var who = running is { } alive ? $"{Words.Count(alive, "instance", "instances")} running" : "The number of instances is unknown";
            var work = (Ready, Throughput?.CompletedPerSecond) switch
            {
                (null, _) => "the backlog is unknown",
                (0, 0 or null) => "nothing waits",
                (0, _) => "keeping up",
                var (ready, _) when IsFallingBehind => $"{Words.Count(ready.Value, "task waits", "tasks wait")} and the backlog does not shrink: add an instance",
                var (ready, _) => $"{Words.Count(ready.Value, "task waits", "tasks wait")}, {Words.Drain(Throughput?.Drain)}",
            };
            var dead = DeadLetters is > 0 ? $", {Words.Count(DeadLetters.Value, "dead letter", "dead letters")} to look at" : "";
            return $"{(IsWell ? "All well" : "Falling behind")}: {who}, {work}{dead}.";
        }
    }

    private long? Sum(string role)
    {
        var sums = Snapshots.Select(snapshot => StatsView.SumOf(snapshot, role, queue => queue.Ready)).ToArray();
        return sums.Contains(null) ? null : sums.Sum();
    }
}
