namespace Consumers.Host.Verify;

/// <summary>Which faults, when, whom: a pure function of its arguments, so that a run can be repeated.</summary>
internal sealed record FaultPlan(IReadOnlyList<PlannedFault> Faults)
{
    /// <summary>Nothing hits before tasks run, nor so late that it meets none.</summary>
    private const double Margin = 3;

    public static readonly FaultPlan None = new([]);

    /// <param name="counts">How often each kind.</param>
    public static FaultPlan Create(int seed, TimeSpan load, int instances, int modules, IReadOnlyList<(FaultKind Kind, int Count)> counts)
    {
        // Not the load's sequence: another mix of faults leaves the messages as they are.
        var random = new Random(unchecked(seed * 31) ^ 0x5EED);
        var kinds = counts.SelectMany(count => Enumerable.Repeat(count.Kind, count.Count)).ToArray();
        random.Shuffle(kinds);
        // Costs by how long each lasts and takes to heal, so that they do not pile up behind a long one.
        var weights = kinds.Select(Weight).ToArray();
        var scale = Math.Max(0, load.TotalSeconds - (2 * Margin)) / Math.Max(1, weights.Sum());
        var faults = new List<PlannedFault>();
        var at = Margin;
        for (var i = 0; i < kinds.Length; i++)
        {
            var slack = Math.Max(0, weights[i] * scale * 0.3);
            faults.Add(new($"f{i + 1}", Math.Round(at + (random.NextDouble() * slack), 1), kinds[i], random.Next(kinds[i] == FaultKind.Poison ? modules : instances)));
            at += weights[i] * scale;
        }
        return new FaultPlan(faults);
    }

    /// <summary>One after the other, of one instance after the other.</summary>
    public static FaultPlan Of(params IEnumerable<FaultKind> kinds) => new([.. kinds.Select((kind, i) => new PlannedFault($"f{i + 1}", 1, kind, i))]);

    private static double Weight(FaultKind kind) =>
        kind == FaultKind.Broker ? 16 : kind == FaultKind.Freeze ? 16 : kind == FaultKind.Poison ? 14 : kind == FaultKind.BlackHole ? 10 : 5 + kind.Seconds;
}
