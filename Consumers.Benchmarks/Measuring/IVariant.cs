namespace Consumers.Benchmarks;

/// <summary>One way to do the work of a comparison.</summary>
internal interface IVariant
{
    /// <summary>Short, as in tables, goals and JSON.</summary>
    string Name { get; }

    VariantMode Mode { get; }

    /// <summary>Does the work once, on a queue or a file of its own that is gone afterwards.</summary>
    Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken);
}

/// <summary>What a variant promises and how it is set up: a figure without it says nothing.</summary>
/// <param name="Guard">Who remembers settled attempts: <c>ledger</c> or <c>none</c>.</param>
/// <param name="Record">What gets rows: <c>all</c>, <c>one row a task</c> or <c>none</c>.</param>
/// <param name="Flow">Prefetch and acks, or publishes outstanding.</param>
/// <param name="Sync">SQLite's <c>synchronous</c>, or <c>-</c> without a database.</param>
internal sealed record VariantMode(string What, string Guard, string Record, string Flow, string Sync)
{
    public override string ToString() => $"{What}; guard {Guard}, record {Record}, {Flow}, sync {Sync}";
}

/// <summary>Variants that do the same work side by side.</summary>
/// <param name="Scenario">The scenario it belongs to.</param>
/// <param name="Queue">Null where no queue is involved.</param>
/// <param name="Unit">What is counted: <c>msgs</c> or <c>tasks</c>.</param>
/// <param name="Work">What tells it from the scenario's others; null where there is one.</param>
/// <param name="AtMost">Messages a run, where more would only take longer.</param>
internal sealed record Comparison(string Scenario, QueueKind? Queue, string Unit, IReadOnlyList<IVariant> Variants, string? Work = null, int AtMost = int.MaxValue)
{
    public string Title => (Queue, Work) switch
    {
        ({ } kind, { } work) => $"{Scenario}, {kind.ToWire()} queue, {work}",
        ({ } kind, _) => $"{Scenario}, {kind.ToWire()} queue",
        (_, { } work) => $"{Scenario}, {work}",
        _ => Scenario,
    };
}
