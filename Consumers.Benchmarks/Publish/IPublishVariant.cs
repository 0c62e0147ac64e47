namespace Consumers.Benchmarks;

/// <summary>A way to publish tasks, each encoded as JSON, persistent and confirmed, with 256 of them outstanding.</summary>
internal interface IPublishVariant
{
    const int Outstanding = 256;

    string Name { get; }

    VariantMode Mode { get; }

    /// <summary>Creates the queue that <see cref="PublishAsync"/> publishes to.</summary>
    Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => run.Broker.DeclareAsync(run.Queue, run.Kind, cancellationToken);

    /// <summary>Publishes <see cref="Countdown.Count"/> tasks; all are confirmed when it returns.</summary>
    Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken);

    /// <summary>Deletes what it created.</summary>
    Task DeleteAsync(BrokerRun run) => run.Broker.DeleteAsync([run.Queue], []);
}
