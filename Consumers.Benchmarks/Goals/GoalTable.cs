namespace Consumers.Benchmarks;

/// <summary>The goals, under the names they are quoted by. They hold for at least five rounds of 100,000 messages.</summary>
internal static class GoalTable
{
    public const int MinRounds = 5;
    public const int MinMessages = 100_000;

    public static readonly IReadOnlyList<Goal> All =
    [
        new("consume", "no ledger, no guard ÷ raw with combined acks", "fleet", "raw-combined", GoalMeasure.Rate, 0.85, 0.85),
        new("consume", "no ledger, no guard ÷ MassTransit", "fleet", "masstransit", GoalMeasure.Rate, 2.5, 1.4),
        new("consume", "full ledger ÷ hand with prepared statements", "fleet-ledger", "hand", GoalMeasure.Rate, 0.5, 0.5, 0.8),
        new("consume", "full ledger ÷ MassTransit without one", "fleet-ledger", "masstransit", GoalMeasure.Rate, 1.3, 1.0, 2.0),
        // What status events cost that somebody gets; no goal was set for it.
        new("consume", "full ledger, a queue bound for all status events ÷ MassTransit without one", "fleet-ledger-heard", "masstransit", GoalMeasure.Rate, null, null),
        new("consume", "client CPU a message ÷ MassTransit, without ledger", "fleet", "masstransit", GoalMeasure.Cpu, 0.4, null),
        new("consume", "client CPU a message ÷ MassTransit, with full ledger", "fleet-ledger", "masstransit", GoalMeasure.Cpu, 0.8, null),
        new("consume", "allocation a task without ledger, B", "fleet", null, GoalMeasure.Allocated, 1_500, 1_500),
        new("consume", "allocation a task with full ledger, B", "fleet-ledger", null, GoalMeasure.Allocated, 4_000, 4_000),
        new("naive", "full ledger ÷ naive", "fleet-ledger", "naive", GoalMeasure.Rate, 10, 8),
        new("scaling", "prefetch 1, 3 channels ÷ raw", "scaling-plain", "raw", GoalMeasure.Rate, 0.95, 0.95),
        new("scaling", "scaling module with exact counters ÷ itself without", "scaling", "scaling-plain", GoalMeasure.Rate, 0.85, null),
        new("publish", "publisher ÷ raw with own tracking", "fleet", "raw-own", GoalMeasure.Rate, 0.95, null),
        new("publish", "publisher ÷ MassTransit", "fleet", "masstransit", GoalMeasure.Rate, 2.5, null),
        new("publish", "CLI ÷ publisher", "cli", "fleet", GoalMeasure.Rate, 0.8, null),
        new("kafka", "Kafka: no ledger, no guard ÷ raw with stored offsets", "fleet", "raw", GoalMeasure.Rate, 0.5, null),
        new("kafka", "Kafka: full ledger ÷ the Rabbit module's, as many at once", "fleet-ledger", "rabbit-ledger", GoalMeasure.Rate, 1.0, null),
        new("kafka", "Kafka: allocation a task without ledger, B", "fleet", null, GoalMeasure.Allocated, 1_500, null),
        new("kafka", "Kafka: allocation a task with full ledger, B", "fleet-ledger", null, GoalMeasure.Allocated, 4_000, null),
        new("kafka-1ms", "Kafka: 50 workers × 1 ms ÷ the ideal, 50 loops and no Kafka", "fleet", "ideal", GoalMeasure.Rate, 0.9, null),
        new("kafka-1ms", "Kafka: 50 workers × 1 ms ÷ raw with as many workers, what the cores allow", "fleet", "raw-workers", GoalMeasure.Rate, 0.9, null),
        new("kafka-grid", "no ledger, no guard ÷ raw with as many workers", "fleet", "raw-workers", GoalMeasure.Rate, null, null),
        new("kafka-grid", "Redis guard ÷ raw with as many workers", "fleet-redis", "raw-workers", GoalMeasure.Rate, null, null),
        new("kafka-grid", "full ledger ÷ raw with as many workers", "fleet-ledger", "raw-workers", GoalMeasure.Rate, null, null),
        new("ledger", "ledger writer ÷ SaveChanges in batches, rows/s", "fleet", "savechanges", GoalMeasure.Rate, 10, null),
        new("latency", "latency at 500/s: p99 above raw, without ledger, ms", "fleet", "raw", GoalMeasure.P99Above, 0.5, null),
        new("latency", "latency at 500/s: p99 above raw, with full ledger, ms", "fleet-ledger", "raw", GoalMeasure.P99Above, 5, null),
        new("start", "start to first task, module with the ledger in a generic host, ms", "fleet", null, GoalMeasure.Start, 600, null),
        new("start", "start to first task, the host, ms", "host", null, GoalMeasure.Start, 600, null),
        new("start", "working set, module with the ledger in a generic host, MiB", "fleet", null, GoalMeasure.WorkingSet, 90, null),
        new("start", "working set, the host, MiB", "host", null, GoalMeasure.WorkingSet, 90, null),
        new("growth", "throughput at 1 M ledger rows ÷ at 10 k", "rows-1m", "rows-10k", GoalMeasure.Rate, 0.95, null),
        new("memory", "working set with a backlog as long as a run ÷ with one of 2,000", "backlog", "backlog-2k", GoalMeasure.WorkingSet, 1.1, null),
        new("memory", "managed heap with a backlog as long as a run ÷ with one of 2,000", "backlog", "backlog-2k", GoalMeasure.ManagedHeap, 1.1, null),
        new("pages", "what five viewers cost at 1,000 tasks/s above what they cost at 100, % of a core", "tasks-1000", "tasks-100", GoalMeasure.ViewersAbove, 5, null),
    ];
}
