using System.Text.Json;
using System.Threading.Channels;
using Confluent.Kafka;

namespace Consumers.Benchmarks;

/// <summary>
/// The client and that many workers on a channel, and nothing else: no order by key, no bounds, and its offsets are stored only when all is done.
/// It shows what these cores allow.
/// </summary>
internal sealed class RawKafkaWorkers : IKafkaVariant
{
    private const int Waiting = 1_000;

    public string Name => "raw-workers";

    public VariantMode ModeFor(KafkaWork work) => new("Confluent.Kafka, workers on a channel", "none", "none", $"{work.Workers} workers, no order, offsets stored at the end", "-");

    public async Task<Sample> DrainAsync(KafkaRun run, CancellationToken cancellationToken)
    {
        var waiting = Channel.CreateBounded<ConsumeResult<byte[]?, byte[]?>>(new BoundedChannelOptions(Waiting) { SingleWriter = true });
        using var consumer = RawKafkaConsumer.Open(run);
        var working = Task.WhenAll(Enumerable.Range(0, run.Work.Workers).Select(_ => Task.Run(() => WorkAsync(run, waiting.Reader, cancellationToken), cancellationToken)));
        var polling = Task.Run(() => PollAsync(run, consumer, waiting.Writer, cancellationToken), cancellationToken);
        await await Task.WhenAny(working, polling);
        await polling;
        await working;
        var sample = await run.Finished;
        await Task.Run(
            () =>
            {
                // Everything is done, so everything read may be stored.
                foreach (var at in consumer.Assignment)
                {
                    consumer.StoreOffset(new TopicPartitionOffset(at, consumer.Position(at)));
                }
                consumer.Close();
            },
            cancellationToken);
        return sample;
    }

    private static async Task PollAsync(KafkaRun run, IConsumer<byte[]?, byte[]?> consumer, ChannelWriter<ConsumeResult<byte[]?, byte[]?>> waiting, CancellationToken cancellationToken)
    {
        for (var i = 0; i < run.Count; i++)
        {
            await waiting.WriteAsync(consumer.Consume(cancellationToken), cancellationToken);
        }
        waiting.Complete();
    }

    private static async Task WorkAsync(KafkaRun run, ChannelReader<ConsumeResult<byte[]?, byte[]?>> waiting, CancellationToken cancellationToken)
    {
        await foreach (var record in waiting.ReadAllAsync(cancellationToken))
        {
            run.Meter.First();
            if (JsonSerializer.Deserialize(record.Message.Value, BenchJson.Default.BenchTask) is not { Type: BenchTask.TypeName })
            {
                run.Fail("a record was not the task that was published");
            }
            await run.Work.HandleAsync(cancellationToken);
            if (run.IsLast())
            {
                run.Finish();
            }
        }
    }
}
