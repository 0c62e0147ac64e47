namespace Consumers.Benchmarks;

/// <summary>A way to drain a queue: decode every message, run an empty handler, settle.</summary>
internal interface IConsumeVariant
{
    string Name { get; }

    VariantMode Mode { get; }

    /// <summary>Creates the queue that <see cref="DrainAsync"/> consumes.</summary>
    Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => run.Broker.DeclareAsync(run.Queue, run.Kind, cancellationToken);

    /// <summary>Consumes <see cref="Countdown.Count"/> messages, and has closed its consumer when it returns.</summary>
    Task<Sample> DrainAsync(BrokerRun run, CancellationToken cancellationToken);

    /// <summary>Deletes what it created.</summary>
    Task DeleteAsync(BrokerRun run) => run.Broker.DeleteAsync([run.Queue], []);
}
