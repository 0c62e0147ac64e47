using Consumers.Core;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Sharing;

namespace Consumers.Host.Monitoring.Findings;

/// <summary>All that this host knows of the fleet at one moment. Null is unknown.</summary>
internal sealed record FleetFacts
{
    public required DateTimeOffset Now { get; init; }

    public IReadOnlyList<DependencyState> Dependencies { get; init; } = [];

    public IReadOnlyList<ModuleFacts> Modules { get; init; } = [];

    public Known<IReadOnlyList<InstanceReport>> Instances { get; init; } = new([], null);

    public Known<IReadOnlyDictionary<TaskState, long>> Counts { get; init; } = new(new Dictionary<TaskState, long>(), null);

    public PauseList Pauses { get; init; } = PauseList.None;

    public Throughput? Throughput { get; init; }

    /// <summary>Null in a host without the scaling module.</summary>
    public Fairness? Fairness { get; init; }

    /// <summary>Null when this instance's counts are not behind.</summary>
    public CountsBehind? Behind { get; init; }

    /// <summary>In the archive, and not yet seen to.</summary>
    public long? Dead { get; init; }

    /// <summary>The causes with most dead letters.</summary>
    public IReadOnlyList<DeadLetterCause> Causes { get; init; } = [];

    /// <summary>What the fleet did in the last minutes (<see cref="LatelySpan"/>).</summary>
    public FigurePoint? Lately { get; init; }

    /// <summary>And in the last hour.</summary>
    public FigurePoint? Hour { get; init; }

    /// <summary>And in the time that the objective is for, or as much of it as there is.</summary>
    public FigureSeries? Month { get; init; }

    /// <summary>When the first of it was told, to the step of the finest range that goes back so far; null when nothing was.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Where the charts begin; null while nothing is known.</summary>
    public DateTimeOffset? ChartedFrom { get; init; }

    /// <summary>The share of tasks that are to succeed.</summary>
    public double Objective { get; init; } = 0.99;

    public static readonly TimeSpan HourSpan = TimeSpan.FromHours(1);

    public static readonly TimeSpan LatelySpan = TimeSpan.FromMinutes(5);

    /// <summary>The dependencies, and what stands for a broker where none is configured.</summary>
    public IReadOnlyList<DependencyState> RestsOn =>
    [
        .. Dependencies,
        .. Modules.Where(module => Dependencies.All(dependency => dependency.Name != module.Connection.Name)).GroupBy(module => module.Connection.Name)
            .Select(modules => modules.First().Connection with { Description = $"It stands for a broker in {string.Join(" and ", modules.Select(module => module.Module))}. {modules.First().Connection.Description}" }),
    ];

    public long? Ready => Sum(module => module.Ready);

    /// <summary>On their way from the brokers into the archive, or kept there where nothing archives them.</summary>
    public long? DeadInBrokers => Sum(module => module.DeadInBroker);

    /// <summary>That nobody has seen to yet: in the archive, and in the brokers.</summary>
    public long? DeadLetters => Dead + DeadInBrokers;

    public int? InFlight => Instances.Value?.Where(instance => instance.State is InstanceStates.Running or InstanceStates.Draining).Sum(instance => instance.Running);

    private long? Sum(Func<ModuleFacts, long?> of)
    {
        var sums = Modules.Select(of).ToArray();
        return sums.Contains(null) ? null : sums.Sum();
    }
}

/// <param name="Work">The queue or topic of its tasks.</param>
/// <param name="Consumers">Of that; null when the broker did not say, or a module has none to count.</param>
/// <param name="Orphans">Partitions that nobody has; 0 in a module without.</param>
/// <param name="Breakers">Task types that do not run here because they fail.</param>
internal sealed record ModuleFacts(string Module, DependencyState Connection, string Work, long? Ready, long? Consumers, long? DeadInBroker, int Orphans, IReadOnlyList<TypePause> Breakers);
