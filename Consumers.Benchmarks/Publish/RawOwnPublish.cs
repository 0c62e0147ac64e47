using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>The client with confirms counted by ourselves: what there is to win.</summary>
internal sealed class RawOwnPublish : IPublishVariant
{
    public string Name => "raw-own";

    public VariantMode Mode => new("RabbitMQ.Client, own confirm tracking", "none", "none", $"{IPublishVariant.Outstanding} outstanding", "-");

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var publisher = await ConfirmedPublisher.OpenAsync(connection, IPublishVariant.Outstanding, cancellationToken);
        run.Meter.First();
        for (var i = 0; i < run.Count; i++)
        {
            var task = BenchTask.Create(Guid.CreateVersion7(), TimeProvider.System.GetUtcNow());
            await publisher.PublishAsync(run.Queue, JsonSerializer.SerializeToUtf8Bytes(task, BenchJson.Default.BenchTask), cancellationToken);
        }
        await publisher.FlushAsync(cancellationToken);
        return run.Meter.Stop(run.Count);
    }
}
