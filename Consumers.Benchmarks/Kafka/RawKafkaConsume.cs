using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>The client by itself, with the same promise: in order, an offset stored when its record is done, committed in the background. One thread.</summary>
internal sealed class RawKafkaConsume : IKafkaVariant
{
    public string Name => "raw";

    public VariantMode ModeFor(KafkaWork work) => new("Confluent.Kafka, one thread", "none", "none", "StoreOffset a record, committed in the background", "-");

    public Task<Sample> DrainAsync(KafkaRun run, CancellationToken cancellationToken) => Task.Run(() => Drain(run, cancellationToken), cancellationToken);

    private static Task<Sample> Drain(KafkaRun run, CancellationToken cancellationToken)
    {
        using var consumer = RawKafkaConsumer.Open(run);
        bool isLast;
        do
        {
            var record = consumer.Consume(cancellationToken);
            run.Meter.First();
            if (JsonSerializer.Deserialize(record.Message.Value, BenchJson.Default.BenchTask) is not { Type: BenchTask.TypeName })
            {
                run.Fail("a record was not the task that was published");
            }
            consumer.StoreOffset(record);
            isLast = run.IsLast();
        }
        while (!isLast);
        run.Finish();
        consumer.Close();
        return run.Finished;
    }
}
