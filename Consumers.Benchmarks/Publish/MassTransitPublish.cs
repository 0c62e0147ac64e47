using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>Sends through the bus; its confirms are on by default.</summary>
internal sealed class MassTransitPublish : IPublishVariant
{
    public string Name => "masstransit";

    public VariantMode Mode => new(
        $"MassTransit {typeof(IBus).Assembly.GetName().Version?.ToString(3)}", "none", "none", $"{IPublishVariant.Outstanding} outstanding", "-");

    public async Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await run.Broker.DeclareAsync(run.Queue, run.Kind, cancellationToken);
        // It sends to exchanges only, and would declare the queue behind one without our arguments.
        await run.Broker.BindFanoutAsync(run.Queue, run.Queue, cancellationToken);
    }

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var host = QuietHost.Build(services => services.AddMassTransit(bus => bus.UsingRabbitMq((_, rabbit) =>
        {
            rabbit.Host(run.Broker.Url);
            rabbit.UseRawJsonSerializer(RawSerializerOptions.AnyMessageType, isDefault: true);
        })));
        await host.StartAsync(cancellationToken);
        var endpoint = await host.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri($"exchange:{run.Queue}"));
        var window = new SlidingWindow(IPublishVariant.Outstanding);
        run.Meter.First();
        for (var i = 0; i < run.Count; i++)
        {
            await window.AddAsync(() =>
                new ValueTask(endpoint.Send(BenchTask.Create(Guid.CreateVersion7(), TimeProvider.System.GetUtcNow()), cancellationToken)));
        }
        await window.FlushAsync();
        var sample = run.Meter.Stop(run.Count);
        await host.StopAsync(cancellationToken);
        return sample;
    }

    public Task DeleteAsync(BrokerRun run) => run.Broker.DeleteAsync([run.Queue], [run.Queue]);
}
