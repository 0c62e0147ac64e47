namespace Consumers.Benchmarks;

/// <summary>That many loops around the handler, without any broker: a wait of one millisecond takes somewhat longer than that.</summary>
internal sealed class IdealWorkers(KafkaWork work) : IVariant
{
    public string Name => "ideal";

    public VariantMode Mode => new("loops around the handler, no broker", "none", "none", $"{work.Workers} at once", "-");

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var meter = new Meter();
        meter.First();
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, work.Workers).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref taken) <= messages)
                {
                    await work.HandleAsync(cancellationToken);
                }
            },
            cancellationToken)));
        return meter.Stop(messages);
    }
}
