using Consumers.Core;
using Consumers.Rabbit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consumers.Benchmarks;

/// <summary>The fleet's own topology around a run's queue: every name begins with it, so that runs do not meet.</summary>
internal static class FleetQueue
{
    /// <summary>Tasks at once: as many as share a commit of the ledger at the most. The prefetch follows at twice that.</summary>
    public const int Concurrency = 512;

    public static void Configure(RabbitOptions options, BrokerRun run, int concurrency = Concurrency)
    {
        options.Url = run.Broker.Url.ToString();
        options.WorkQueue = run.Queue;
        options.Exchange = $"{run.Queue}.tasks";
        options.RetryQueuePrefix = $"{run.Queue}.retry";
        options.DeadLetterExchange = $"{run.Queue}.dead";
        options.DeadLetterQueue = $"{run.Queue}.dead";
        options.StatusExchange = StatusExchangeOf(run);
        options.QueueType = run.Kind == QueueKind.Quorum ? RabbitQueueType.Quorum : RabbitQueueType.Classic;
        // From the start: a drain of a second or two would otherwise measure how the limit grows.
        options.MinConcurrency = concurrency;
        options.MaxConcurrency = concurrency;
    }

    public static string StatusExchangeOf(BrokerRun run) => $"{run.Queue}.status";

    /// <summary>One tier instead of seven: few scenarios retry, and a quorum queue takes the broker a while to make.</summary>
    public static void Configure(ConsumersOptions options, BrokerRun run)
    {
        options.Retry.Base = options.Retry.Cap;
        if (run is StormRun)
        {
            options.Retry.Base = options.Retry.Cap = StormRun.Tier;
            // All are due a tier after they failed, which is what their lateness is taken from.
            options.Retry.Jitter = 0;
            // Every attempt of the type fails at first: pausing it is what the fleet does in earnest, and not what is measured.
            options.Handlers.Types[BenchTask.TypeName] = new HandlerTypeOptions { Breaker = false };
        }
    }

    /// <summary>Declares everything as the module would.</summary>
    public static async Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        var (options, schedule) = Settings(run);
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        var topology = new RabbitTopology(RabbitTopologyNames.Of(options), options, schedule, NullLogger.Instance);
        await topology.EnsureAsync(connection, cancellationToken);
    }

    public static Task DeleteAsync(BrokerRun run)
    {
        var (options, schedule) = Settings(run);
        var names = RabbitTopologyNames.Of(options);
        return run.Broker.DeleteAsync(
            [names.WorkQueue, names.DeadLetterQueue, .. schedule.Tiers.Select(names.RetryQueue)],
            [names.Exchange, names.DeadLetterExchange, names.StatusExchange]);
    }

    private static (RabbitOptions Options, RetrySchedule Schedule) Settings(BrokerRun run)
    {
        var options = new RabbitOptions();
        Configure(options, run);
        var shared = new ConsumersOptions();
        Configure(shared, run);
        return (options, new RetrySchedule(shared.Retry));
    }
}
