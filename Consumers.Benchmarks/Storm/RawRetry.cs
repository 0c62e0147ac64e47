using System.Text.Json;
using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>The client by itself with the same guarantee: what fails is published to a queue that gives it back a tier later, confirmed, and only then acknowledged.</summary>
internal sealed class RawRetry : IConsumeVariant
{
    private const ushort Prefetch = 500;
    private const int Combine = 100;

    public string Name => "raw";

    public VariantMode Mode => new("RabbitMQ.Client, a queue with a TTL", "none", "none", $"prefetch {Prefetch}, acks of {Combine} combined behind their confirms", "-");

    public async Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await run.Broker.DeclareAsync(run.Queue, run.Kind, cancellationToken);
        await run.Broker.DeclareWaitingAsync(Waiting(run), run.Kind, StormRun.Tier, run.Queue, cancellationToken);
    }

    public Task DeleteAsync(BrokerRun run) => run.Broker.DeleteAsync([run.Queue, Waiting(run)], []);

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var publisher = await ConfirmedPublisher.OpenAsync(connection, Combine, cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return await new Consumer(channel, (StormRun)run, publisher).DrainAsync(Prefetch, cancellationToken);
    }

    private static string Waiting(BrokerRun run) => $"{run.Queue}.retry";

    private sealed class Consumer(IChannel channel, StormRun run, ConfirmedPublisher publisher) : RunConsumer(channel, run)
    {
        private readonly StormRun _storm = run;
        private int _unacked;
        private int _failed;

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Run.Meter.First();
            var task = JsonSerializer.Deserialize(body.Span, BenchJson.Default.BenchTask)!;
            var fails = _storm.Fails(task.Id);
            if (fails)
            {
                await publisher.PublishAsync(Waiting(Run), body, cancellationToken);
            }
            var isLastOfItsKind = fails ? ++_failed == Run.Count : Run.IsLast();
            if (++_unacked == Combine || isLastOfItsKind)
            {
                _unacked = 0;
                await publisher.FlushAsync(cancellationToken);
                await Channel.BasicAckAsync(deliveryTag, multiple: true, cancellationToken);
            }
            if (!fails && isLastOfItsKind)
            {
                Run.Finish();
            }
        }
    }
}
