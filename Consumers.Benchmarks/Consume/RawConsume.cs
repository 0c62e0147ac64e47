using System.Text.Json;
using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>The client by itself: what there is to win. Combined acks are its fastest way, single acks its usual one.</summary>
/// <param name="combine">How many deliveries one ack settles.</param>
/// <param name="prefetch">Of each channel.</param>
internal sealed class RawConsume(int combine, ushort prefetch, int channels = 1) : IConsumeVariant
{
    public static RawConsume SingleAcks { get; } = new(combine: 1, prefetch: 100);

    public static RawConsume CombinedAcks { get; } = new(combine: 100, prefetch: 500);

    public string Name => combine == 1 ? "raw" : "raw-combined";

    public VariantMode Mode => new(
        "RabbitMQ.Client", "none", "none",
        $"{(channels == 1 ? "" : $"{channels} channels, ")}prefetch {prefetch}, {(combine == 1 ? "single acks" : $"acks of {combine} combined")}", "-");

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        var draining = new List<Task<Sample>>();
        for (var i = 0; i < channels; i++)
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            draining.Add(new Consumer(channel, combine, run).DrainAsync(prefetch, cancellationToken));
        }
        return (await Task.WhenAll(draining))[0];
    }

    private sealed class Consumer(IChannel channel, int combine, BrokerRun run) : RunConsumer(channel, run)
    {
        private int _unacked;

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Run.Meter.First();
            var task = JsonSerializer.Deserialize(body.Span, BenchJson.Default.BenchTask);
            if (task is not { Type: BenchTask.TypeName })
            {
                Run.Fail("a message was not the task that was published");
                return;
            }
            Run.Arrived(task.Id);
            var isLast = Run.IsLast();
            if (++_unacked == combine || isLast)
            {
                _unacked = 0;
                await Channel.BasicAckAsync(deliveryTag, multiple: combine > 1, cancellationToken);
            }
            if (isLast)
            {
                Run.Finish();
            }
        }
    }
}
