namespace Consumers.Benchmarks;

/// <summary>A figure that is promised: ours by another's from the same round, or ours alone.</summary>
/// <param name="Other">Null when the goal is no ratio.</param>
/// <param name="Quorum">The bound on quorum queues and where no queue is involved; null when none is set there, and the figure is only shown.</param>
/// <param name="Stretch">On quorum queues.</param>
internal sealed record Goal(
    string Scenario, string Text, string Ours, string? Other, GoalMeasure Measure, double? Quorum, double? Classic, double? Stretch = null)
{
    /// <summary>More is better for a rate, less for a cost.</summary>
    public bool IsMinimum => Measure == GoalMeasure.Rate;

    public double? BoundFor(QueueKind? queue) => queue == QueueKind.Classic ? Classic : Quorum;

    public double? StretchFor(QueueKind? queue) => queue == QueueKind.Classic ? null : Stretch;

    public double Compare(Sample ours, Sample other) => Measure is GoalMeasure.P99Above or GoalMeasure.ViewersAbove ? Read(ours) - Read(other) : Read(ours) / Read(other);

    public bool IsMet(double value, double bound) => IsMinimum ? value >= bound : value <= bound;

    public double Read(Sample sample) => Measure switch
    {
        GoalMeasure.Rate => sample.Rate,
        GoalMeasure.Cpu => sample.CpuMicroseconds,
        GoalMeasure.Allocated => sample.Allocated,
        GoalMeasure.P99Above => sample.Latency?.P99 ?? double.NaN,
        GoalMeasure.Start => sample.StartUp.TotalMilliseconds,
        GoalMeasure.WorkingSet => sample.WorkingSet ?? double.NaN,
        GoalMeasure.ManagedHeap => sample.ManagedHeap ?? double.NaN,
        GoalMeasure.ViewersAbove => sample.Busy?.Viewers ?? double.NaN,
        _ => throw new InvalidOperationException($"no figure for {Measure}"),
    };
}

internal enum GoalMeasure
{
    Rate,
    Cpu,
    Allocated,

    /// <summary>By how many milliseconds the 99th percentile of the latency is above the other's: a difference, no ratio.</summary>
    P99Above,

    /// <summary>Milliseconds from the start of the process to its first task.</summary>
    Start,

    /// <summary>MiB.</summary>
    WorkingSet,

    /// <summary>MiB.</summary>
    ManagedHeap,

    /// <summary>By how many percent of a core those who watch cost more than in the other: a difference, since either may be near zero.</summary>
    ViewersAbove,
}
