namespace Consumers.Benchmarks;

/// <summary>A way to drain a work topic: decode every record, run the handler, settle in such an order that an offset is stored only when everything below it is done.</summary>
internal interface IKafkaVariant
{
    string Name { get; }

    VariantMode ModeFor(KafkaWork work);

    /// <summary>Consumes <see cref="Countdown.Count"/> records, and has left the group, its offsets committed, when it returns.</summary>
    Task<Sample> DrainAsync(KafkaRun run, CancellationToken cancellationToken);
}
