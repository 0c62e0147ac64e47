namespace Consumers.Benchmarks;

/// <summary>A goal beside what was reached.</summary>
/// <param name="Reached">Of two variants: each round's own, so that a drift between rounds cancels out.</param>
internal sealed record GoalResult(Goal Goal, QueueKind? Queue, Spread Reached)
{
    public double? Bound => Goal.BoundFor(Queue);

    public double? Stretch => Goal.StretchFor(Queue);

    /// <summary>Null where no bound is set.</summary>
    public bool? IsMet => Bound is { } bound ? Goal.IsMet(Reached.Median, bound) : null;

    public bool IsStretchMet => Stretch is { } stretch && Goal.IsMet(Reached.Median, stretch);

    public static IReadOnlyList<GoalResult> For(Comparison comparison, IReadOnlyList<VariantSamples> samples)
    {
        var byName = samples.ToDictionary(variant => variant.Variant.Name, variant => variant.Samples, StringComparer.Ordinal);
        var results = new List<GoalResult>();
        foreach (var goal in GoalTable.All)
        {
            if (goal.Scenario != comparison.Scenario || !byName.TryGetValue(goal.Ours, out var ours))
            {
                continue;
            }
            if (goal.Other is null)
            {
                results.Add(new GoalResult(goal, comparison.Queue, Spread.Of(ours.Select(goal.Read))));
            }
            else if (byName.TryGetValue(goal.Other, out var other))
            {
                results.Add(new GoalResult(goal, comparison.Queue, Spread.Of(ours.Zip(other, (a, b) => goal.Compare(a, b)))));
            }
        }
        return results;
    }
}
