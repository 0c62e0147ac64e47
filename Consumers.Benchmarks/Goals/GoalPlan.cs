namespace Consumers.Benchmarks;

/// <summary>What the table of goals is made from, sized so that all of it takes about twenty minutes on two cores.</summary>
/// <param name="Messages">A run.</param>
internal sealed record GoalStep(string Scenario, int Messages, int Rounds);

internal static class GoalPlan
{
    public static readonly IReadOnlyList<GoalStep> Steps =
    [
        new("consume", 50_000, 5), new("naive", 3_000, 3), new("scaling", 10_000, 3), new("publish", 50_000, 5), new("ledger", 50_000, 3),
        new("kafka", 5_000, 3), new("kafka-1ms", 5_000, 3), new("latency", 2_000, 3), new("start", 1, 5), new("growth", 20_000, 3),
        new("memory", 100_000, 3), new("pages", 1, 2),
    ];

    /// <summary>Whether some goal of the scenario has a bound on this kind of queue.</summary>
    public static bool Wants(Comparison comparison) =>
        GoalTable.All.Any(goal => goal.Scenario == comparison.Scenario && goal.BoundFor(comparison.Queue) is not null);

    /// <summary>Without the variants that no goal is about.</summary>
    public static Comparison Narrow(Comparison comparison)
    {
        var names = GoalTable.All.Where(goal => goal.Scenario == comparison.Scenario).SelectMany(goal => new[] { goal.Ours, goal.Other }).ToHashSet();
        return comparison with { Variants = [.. comparison.Variants.Where(variant => names.Contains(variant.Name))] };
    }
}
