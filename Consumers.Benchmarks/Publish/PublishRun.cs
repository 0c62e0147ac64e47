namespace Consumers.Benchmarks;

/// <summary>Has the variant publish to a fresh queue, and checks that everything it says is confirmed is there.</summary>
internal sealed class PublishRun(IPublishVariant variant, BenchBroker broker, QueueKind kind) : IVariant
{
    public string Name => variant.Name;

    public VariantMode Mode => variant.Mode;

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var run = new BrokerRun(broker, BenchBroker.NewQueueName(variant.Name), kind, messages);
        await variant.DeclareAsync(run, cancellationToken);
        try
        {
            var sample = await variant.PublishAsync(run, cancellationToken);
            var there = await broker.CountLeftAsync(run.Queue, cancellationToken);
            return there == messages ? sample : throw new RunFailedException($"{messages:N0} messages were confirmed, and {there:N0} are in the queue");
        }
        finally
        {
            await variant.DeleteAsync(run);
        }
    }
}
