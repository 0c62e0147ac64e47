namespace Consumers.Benchmarks;

/// <summary>What <c>--list</c> prints.</summary>
internal static class ScenarioList
{
    public static void Write(TextWriter output, IReadOnlyList<IScenario> scenarios)
    {
        foreach (var scenario in scenarios)
        {
            output.WriteLine($"{scenario.Name}: {scenario.Summary}");
            foreach (var variant in scenario.Compare(BenchTargets.None)[0].Variants)
            {
                output.WriteLine($"  {variant.Name,-14} {variant.Mode}");
            }
            foreach (var goal in GoalTable.All.Where(goal => goal.Scenario == scenario.Name))
            {
                output.WriteLine(FormattableString.Invariant($"  goal: {goal.Text} {(goal.IsMinimum ? "≥" : "≤")} {goal.Quorum}"));
            }
            output.WriteLine();
        }
    }
}
