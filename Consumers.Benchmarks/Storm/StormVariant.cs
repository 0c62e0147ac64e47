namespace Consumers.Benchmarks;

/// <summary>Fills a fresh queue, has the variant do every task twice, and checks that nothing was left.</summary>
internal sealed class StormVariant(IConsumeVariant variant, BenchBroker broker, QueueKind kind) : IVariant
{
    public string Name => variant.Name;

    public VariantMode Mode => variant.Mode;

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var run = new StormRun(broker, BenchBroker.NewQueueName(variant.Name), kind, messages);
        await variant.DeclareAsync(run, cancellationToken);
        try
        {
            await broker.FillAsync(run.Queue, messages, cancellationToken);
            var sample = await variant.DrainAsync(run, cancellationToken);
            var left = await broker.CountLeftAsync(run.Queue, cancellationToken);
            return left == 0 ? run.Measured(sample) : throw new RunFailedException($"{left:N0} messages were not acknowledged");
        }
        finally
        {
            await variant.DeleteAsync(run);
        }
    }
}
