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

    public bool IsMet(double value, double bound) => IsMinimum ? value >= bound : value <= bound;

    public double Read(Sample sample) => Measure switch
    {
        GoalMeasure.Rate => sample.Rate,
        GoalMeasure.Cpu => sample.CpuMicroseconds,
        GoalMeasure.Allocated => sample.Allocated,
        _ => throw new InvalidOperationException($"no figure for {Measure}"),
    };
}

internal enum GoalMeasure
{
    Rate,
    Cpu,
    Allocated,
}
