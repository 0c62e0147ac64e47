namespace Consumers.Benchmarks;

internal sealed class LedgerScenario : IScenario
{
    public string Name => "ledger";

    public string Summary => "writes what an attempt leaves behind: task, payload and attempt when it begins, task and attempt when it is settled";

    public bool NeedsBroker => false;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets) =>
        [new Comparison(Name, null, "tasks", [new SaveChangesLedger(), new FleetLedger()])];
}
