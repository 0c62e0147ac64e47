using Consumers.Core;
using Consumers.Host.Monitoring;

namespace Consumers.Host.Api;

/// <summary>GET: what became of tasks.</summary>
internal static class TaskEndpoints
{
    private const int DefaultLimit = 50;

    public static void MapTasks(this RouteGroupBuilder module)
    {
        module.MapGet("/tasks", ListAsync).WithSummary("Tasks of the module, newest first; hand `next` back as `after`.").Produces<TaskListView>().ProducesProblem(StatusCodes.Status400BadRequest);
        module.MapGet("/tasks/{id}", FindAsync).WithSummary("One task with its attempts.").Produces<TaskView>().ProducesProblem(StatusCodes.Status404NotFound);
        module.MapGet("/stats", StatsAsync).WithSummary("Counts of the module. Null is unknown, which is not zero.").Produces<StatsView>();
    }

    /// <param name="limit">1–200; default 50.</param>
    private static async Task<IResult> ListAsync(string module, string? status, string? type, string? after, int? limit, HttpContext context, LedgerReads ledger)
    {
        if (!string.IsNullOrEmpty(status) && TaskStateNames.FromWire(status) is null)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "No such status", $"status must be one of {string.Join(", ", TaskStateNames.All.Select(state => state.ToWire()))}.", "/status", "is no status");
        }
        var filter = new TaskFilter(module, TaskStateNames.FromWire(status), string.IsNullOrEmpty(type) ? null : type);
        var page = await ledger.ListAsync(filter, after, Math.Clamp(limit ?? DefaultLimit, 1, 200), context.RequestAborted);
        return page.IsKnown
            ? Results.Ok(new TaskListView([.. page.Value.Items.Select(TaskView.Listed)], page.Value.Next))
            : Problems.Unavailable(context, "The ledger is away", $"{page.WhyUnknown}.");
    }

    private static async Task<IResult> FindAsync(string id, HttpContext context, LedgerReads ledger)
    {
        var found = await ledger.FindAsync(id, context.RequestAborted);
        return !found.IsKnown ? Problems.Unavailable(context, "The ledger is away", $"{found.WhyUnknown}.")
            : found.Value.Details is { } details ? Results.Ok(TaskView.Whole(details))
            : Problems.Of(StatusCodes.Status404NotFound, "No such task", "The ledger has no task with this id. One that went straight to the broker is there once a consumer has taken it.");
    }

    private static async Task<StatsView> StatsAsync(string module, HttpContext context, LedgerReads ledger, FleetWatch watch, PipelineStats stats, TaskBreakers breakers)
    {
        var counts = await ledger.CountAsync(module, context.RequestAborted);
        var snapshot = await watch.Transport(module)!.SnapshotAsync(context.RequestAborted);
        return StatsView.From(counts.Value, snapshot, stats.For(module), breakers.PausesOf(module));
    }
}

/// <param name="Ready">In the work queue; null when the broker did not say.</param>
/// <param name="Unacked">Deliveries in the hands of this instance.</param>
/// <param name="Dead">In the broker's queue of dead letters.</param>
/// <param name="Instance">What this process did since it started.</param>
/// <param name="Breakers">The task types that this instance has paused; none when all is well.</param>
internal sealed record StatsView(
    long? Queued,
    long? Processing,
    long? Retrying,
    long? Completed,
    long? Failed,
    long? Ready,
    long? Consumers,
    long? Waiting,
    long? Dead,
    int Unacked,
    InstanceStatsView Instance,
    IReadOnlyList<BreakerView> Breakers)
{
    public static StatsView From(IReadOnlyDictionary<TaskState, long>? counts, TransportSnapshot snapshot, ModuleStats stats, IReadOnlyList<TypePause> pauses)
    {
        long? Count(TaskState state) => counts?.GetValueOrDefault(state);
        return new(
            Count(TaskState.Queued), Count(TaskState.Processing), Count(TaskState.Retrying), Count(TaskState.Completed), Count(TaskState.Failed),
            SumOf(snapshot, "work", queue => queue.Ready), SumOf(snapshot, "work", queue => queue.Consumers), SumOf(snapshot, "retry", queue => queue.Ready), SumOf(snapshot, "dead", queue => queue.Ready),
            snapshot.Lanes.Sum(lane => lane.Unacked),
            new(stats.Delivered, stats.Running, stats.Completed, stats.Retried, stats.Dead, stats.Duplicates, stats.HandedBack, stats.Paused),
            [.. pauses.Select(BreakerView.From)]);
    }

    /// <summary>Null as soon as one of them is unknown.</summary>
    public static long? SumOf(TransportSnapshot snapshot, string role, Func<QueueDepth, long?> number)
    {
        var queues = snapshot.Queues.Where(queue => queue.Role == role).Select(number).ToArray();
        return queues.Length == 0 || queues.Contains(null) ? null : queues.Sum();
    }
}

internal sealed record InstanceStatsView(long Delivered, int Running, long Completed, long Retried, long Dead, long Duplicates, long HandedBack, long Paused);

/// <summary>A task type that this instance does not run for now.</summary>
/// <param name="State"><c>open</c>, or <c>half-open</c> while its probe runs.</param>
internal sealed record BreakerView(string Type, string State, DateTimeOffset Since, int Failed, int Attempts, DateTimeOffset NextProbeAt, int FailedProbes, string? LastError)
{
    public static BreakerView From(TypePause pause) =>
        new(pause.Type, pause.IsProbing ? "half-open" : "open", pause.Since, pause.Failed, pause.Attempts, pause.NextProbeAt, pause.FailedProbes, pause.LastError);
}
