namespace Consumers.Benchmarks;

/// <summary>Fills a fresh queue, has the variant drain it, and checks that nothing was left: a drain that lost acks is no figure.</summary>
internal sealed class ConsumeRun(IConsumeVariant variant, BenchBroker broker, QueueKind kind) : IVariant
{
    public string Name => variant.Name;

    public VariantMode Mode => variant.Mode;

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var queue = BenchBroker.NewQueueName(variant.Name);
        var filling = new BrokerRun(broker, queue, kind, messages);
        await variant.DeclareAsync(filling, cancellationToken);
        try
        {
            await broker.FillAsync(queue, messages, cancellationToken);
            var sample = await variant.DrainAsync(new BrokerRun(broker, queue, kind, messages), cancellationToken);
            var left = await broker.CountLeftAsync(queue, cancellationToken);
            return left == 0 ? sample : throw new RunFailedException($"{left:N0} of {messages:N0} messages were not acknowledged");
        }
        finally
        {
            await variant.DeleteAsync(filling);
        }
    }
}
