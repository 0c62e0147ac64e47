namespace Consumers.Benchmarks;

internal sealed class PagesScenario : IScenario
{
    private static readonly int[] Rates = [0, 100, 1_000];

    public string Name => "pages";

    public string Summary => $"what {PageViewers.Count} people who watch cost the built host with a million tasks in its ledger, while no, a hundred and a thousand tasks a second go through; where it is built";

    public bool NeedsBroker => true;

    public IReadOnlyList<Comparison> Compare(BenchTargets targets)
    {
        IVariant[] variants = BuiltHost.IsBuilt ? [.. Rates.Select(rate => new PagesVariant(rate, FilledLedger.Million, targets.Rabbit!, QueueKind.Quorum))] : [];
        return [new Comparison(Name, QueueKind.Quorum, "pages", variants, AtMost: 1)];
    }
}
