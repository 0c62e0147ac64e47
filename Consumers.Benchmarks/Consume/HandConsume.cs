using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;

namespace Consumers.Benchmarks;

/// <summary>What a good programmer writes for one queue: a row a task with prepared statements, one commit a batch of what waits, one combined ack behind it.</summary>
internal sealed class HandConsume : IConsumeVariant
{
    private const ushort Prefetch = 500;
    private const int MaxBatch = 250;

    public string Name => "hand";

    public VariantMode Mode => new(
        "written for one queue, prepared statements", "none", "one row a task", $"prefetch {Prefetch}, one commit and one ack a batch of at most {MaxBatch}", "NORMAL");

    public async Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var file = new TemporaryLedger();
        using var rows = new HandRows(file.Path);
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var waiting = Channel.CreateBounded<Received>(new BoundedChannelOptions(Prefetch) { SingleReader = true, SingleWriter = true });
        var settling = Task.Run(() => SettleAsync(run, channel, waiting.Reader, rows, cancellationToken), cancellationToken);
        var draining = new Consumer(channel, run, waiting.Writer).DrainAsync(Prefetch, cancellationToken);
        // Whichever fails first says why.
        await await Task.WhenAny(settling, draining);
        return await draining;
    }

    private static async Task SettleAsync(BrokerRun run, IChannel channel, ChannelReader<Received> waiting, HandRows rows, CancellationToken cancellationToken)
    {
        var settled = 0;
        while (settled < run.Count && await waiting.WaitToReadAsync(cancellationToken))
        {
            var tag = 0UL;
            rows.Begin();
            for (var taken = 0; taken < MaxBatch && waiting.TryRead(out var received); taken++)
            {
                rows.Insert(received.Task);
                tag = received.Tag;
                settled++;
            }
            rows.Commit();
            await channel.BasicAckAsync(tag, multiple: true, cancellationToken);
        }
        run.Finish();
    }

    private readonly record struct Received(ulong Tag, BenchTask Task);

    private sealed class Consumer(IChannel channel, BrokerRun run, ChannelWriter<Received> waiting) : RunConsumer(channel, run)
    {
        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Run.Meter.First();
            var task = JsonSerializer.Deserialize(body.Span, BenchJson.Default.BenchTask)!;
            await waiting.WriteAsync(new Received(deliveryTag, task), cancellationToken);
        }
    }
}
