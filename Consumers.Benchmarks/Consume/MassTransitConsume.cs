using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Benchmarks;

/// <summary>The bus that a team would otherwise take, set up as its documentation does; the raw deserializer lets it read the same messages. It keeps no ledger.</summary>
/// <param name="prefetch">And how many at once.</param>
internal sealed class MassTransitConsume(ushort prefetch = 100) : IConsumeVariant
{
    public string Name => "masstransit";

    public VariantMode Mode => new(
        $"MassTransit {typeof(IBus).Assembly.GetName().Version?.ToString(3)}", "none", "none", $"prefetch {prefetch}, limit {prefetch}, single acks", "-");

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var host = QuietHost.Build(services =>
        {
            services.AddSingleton<BrokerRun>(run);
            services.AddMassTransit(bus =>
            {
                bus.AddConsumer<Consumer>();
                bus.UsingRabbitMq((context, rabbit) =>
                {
                    rabbit.Host(run.Broker.Url);
                    rabbit.UseRawJsonDeserializer(RawSerializerOptions.AnyMessageType, isDefault: true);
                    rabbit.ReceiveEndpoint(run.Queue, endpoint =>
                    {
                        endpoint.PrefetchCount = prefetch;
                        endpoint.ConcurrentMessageLimit = prefetch;
                        endpoint.ConfigureConsumeTopology = false;
                        if (run.Kind == QueueKind.Quorum)
                        {
                            endpoint.SetQuorumQueue();
                        }
                        else
                        {
                            endpoint.SetQueueArgument("x-queue-type", run.Kind.ToWire());
                        }
                        endpoint.ConfigureConsumer<Consumer>(context);
                    });
                });
            });
        });
        await host.StartAsync(cancellationToken);
        var sample = await run.Finished.WaitAsync(cancellationToken);
        await host.StopAsync(cancellationToken);
        return sample;
    }

    // It declares an exchange in front of its queue.
    public Task DeleteAsync(BrokerRun run) => run.Broker.DeleteAsync([run.Queue, run.Queue + "_error"], [run.Queue, run.Queue + "_error"]);

    private sealed class Consumer(BrokerRun run) : IConsumer<BenchTask>
    {
        // The clock stops in the last handler, a few acks early: in its favour, by less than its prefetch.
        public Task Consume(ConsumeContext<BenchTask> context)
        {
            run.Meter.First();
            run.Arrived(context.Message.Id);
            if (context.Message.Type != BenchTask.TypeName)
            {
                run.Fail("a message was not the task that was published");
            }
            if (run.IsLast())
            {
                run.Finish();
            }
            return Task.CompletedTask;
        }
    }
}
