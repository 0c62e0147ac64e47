using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>The fleet's transport, as the API and the command line publish through it.</summary>
internal sealed class FleetPublish : IPublishVariant
{
    public string Name => "fleet";

    public VariantMode Mode => new("RabbitTransport.PublishAsync", "none", "none", $"{IPublishVariant.Outstanding} outstanding", "-");

    public Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => FleetQueue.DeclareAsync(run, cancellationToken);

    public Task DeleteAsync(BrokerRun run) => FleetQueue.DeleteAsync(run);

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        // The host is not started: it would consume what is published.
        await using var host = QuietHost.Build(services => services.AddTaskConsumers(options => FleetQueue.Configure(options, run)).AddRabbit(rabbit => FleetQueue.Configure(rabbit, run)));
        var transport = host.Services.GetRequiredService<ITaskTransport>();
        await ConnectAsync(transport, cancellationToken);
        var window = new SlidingWindow(IPublishVariant.Outstanding);
        run.Meter.First();
        for (var i = 0; i < run.Count; i++)
        {
            await window.AddAsync(() =>
                transport.PublishAsync(TaskMessage.Create(BenchTask.TypeName, BenchPayload.Json, maxRetries: 5, TimeProvider.System.GetUtcNow()), cancellationToken));
        }
        await window.FlushAsync();
        return run.Meter.Stop(run.Count);
    }

    /// <summary>A status event that nobody is subscribed to takes the whole way and leaves nothing behind.</summary>
    private static ValueTask ConnectAsync(ITaskTransport transport, CancellationToken cancellationToken) => transport.PublishStatusAsync(
        new StatusEvent("hello", BenchTask.TypeName, TaskState.Queued.ToWire(), 1, 1, 1, "bench", TimeProvider.System.GetUtcNow(), null), cancellationToken);
}
