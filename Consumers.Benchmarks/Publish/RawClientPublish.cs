using System.Text.Json;
using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>The client with its own confirm tracking, as its documentation does it.</summary>
internal sealed class RawClientPublish : IPublishVariant
{
    public string Name => "raw-client";

    public VariantMode Mode => new("RabbitMQ.Client, its confirm tracking", "none", "none", $"{IPublishVariant.Outstanding} outstanding", "-");

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        // Its limiter would allow 128 outstanding; the window is ours.
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null);
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(options, cancellationToken);
        var window = new SlidingWindow(IPublishVariant.Outstanding);
        run.Meter.First();
        for (var i = 0; i < run.Count; i++)
        {
            await window.AddAsync(() =>
            {
                var task = BenchTask.Create(Guid.CreateVersion7(), TimeProvider.System.GetUtcNow());
                var body = JsonSerializer.SerializeToUtf8Bytes(task, BenchJson.Default.BenchTask);
                // The client writes its sequence number into the headers, so the properties are a publish's own.
                return channel.BasicPublishAsync("", run.Queue, mandatory: true, new BasicProperties { Persistent = true, ContentType = "application/json" }, body, cancellationToken);
            });
        }
        await window.FlushAsync();
        return run.Meter.Stop(run.Count);
    }
}
