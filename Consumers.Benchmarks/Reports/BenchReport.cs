namespace Consumers.Benchmarks;

/// <summary>Everything that one start of the tool measured.</summary>
/// <param name="Broker">Null when no scenario needed one.</param>
internal sealed record BenchReport(DateTimeOffset At, Machine Machine, string? Broker, int Messages, int Rounds, IReadOnlyList<ComparisonReport> Comparisons)
{
    /// <summary>Fewer or shorter rounds show that the tool works, and little else.</summary>
    public bool IsLongEnough => Messages >= GoalTable.MinMessages && Rounds >= GoalTable.MinRounds;
}

internal sealed record ComparisonReport(Comparison Comparison, IReadOnlyList<VariantSamples> Samples)
{
    public IReadOnlyList<GoalResult> Goals { get; } = GoalResult.For(Comparison, Samples);
}
