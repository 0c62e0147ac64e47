namespace Consumers.Benchmarks;

internal sealed class GrowthScenario : IScenario
{
    private static readonly (string Name, FilledLedger Ledger)[] Ledgers = [("rows-10k", new(10_000)), ("rows-100k", new(100_000)), ("rows-1m", FilledLedger.Million)];

    public string Name => "growth";

    public string Summary => "drains a queue with the full ledger, which has ten thousand, a hundred thousand and a million tasks before";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets) =>
        [new Comparison(Name, QueueKind.Quorum, "tasks", [.. Ledgers.Select(one => new ConsumeRun(new FleetConsume(withLedger: true, one.Name, filled: one.Ledger), targets.Rabbit!, QueueKind.Quorum))])];
}
