namespace Consumers.Benchmarks;

/// <summary>Fills fresh topics, has the variant drain them, and checks what was committed: a drain that lost its place is no figure.</summary>
internal sealed class KafkaConsumeRun(IKafkaVariant variant, string? servers, KafkaWork work) : IVariant
{
    public string Name => variant.Name;

    public VariantMode Mode => variant.ModeFor(work);

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        await using var cluster = await BenchCluster.CreateAsync(servers, cancellationToken);
        await cluster.FillAsync(messages, work.HotKey, cancellationToken);
        var sample = await variant.DrainAsync(new KafkaRun(cluster, work, messages), cancellationToken);
        var committed = await cluster.CommittedAsync();
        return committed == messages ? sample : throw new RunFailedException($"{committed:N0} of {messages:N0} records are committed");
    }
}
