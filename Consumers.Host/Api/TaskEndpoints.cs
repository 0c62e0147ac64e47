using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Sharing;

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

    private static async Task<IResult> FindAsync(string module, string id, HttpContext context, LedgerReads ledger, CountReads counts, FleetWatch watch)
    {
        var found = await ledger.FindAsync(id, context.RequestAborted);
        if (found.Value?.Details is { } details)
        {
            return Results.Ok(TaskView.Whole(details));
        }
        var keepsRows = watch.Transport(module)!.KeepsRows;
        if (!found.IsKnown && keepsRows)
        {
            return Problems.Unavailable(context, "The ledger is away", $"{found.WhyUnknown}.");
        }
        var status = await counts.StatusAsync(id, context.RequestAborted);
        return status.Value?.State is { } state ? Results.Ok(new TaskStatusView(id, module, state.ToWire(), []))
            : !status.IsKnown && !keepsRows ? Problems.Unavailable(context, "The task's status is not known now", $"The module '{module}' writes no rows, and {status.WhyUnknown}.")
            : !keepsRows ? Problems.Of(StatusCodes.Status404NotFound, "No such task", "Nothing is known of a task with this id. This module writes no rows; a status is kept for 24 hours.")
            : Problems.Of(StatusCodes.Status404NotFound, "No such task", "The ledger has no task with this id. One that went straight to the broker is there once a consumer has taken it.");
    }

    private static async Task<StatsView> StatsAsync(string module, HttpContext context, LedgerReads ledger, DeadLetterReads letters, CountReads counts, FleetWatch watch, FleetProbe fleet, PipelineStats stats, TaskBreakers breakers, IPauses pauses, OrphanWatch orphans)
    {
        var transport = watch.Transport(module)!;
        var snapshot = await transport.SnapshotAsync(context.RequestAborted);
        var view = StatsView.From(
            transport.KeepsRows ? (await ledger.CountAsync(module, context.RequestAborted)).Value : null,
            snapshot, stats.For(module), breakers.PausesOf(module), pauses.Current);
        view = view with { Orphaned = orphans.Of(module)?.Count };
        view = view with { Dead = view.Dead + (await letters.CountAsync(module, context.RequestAborted)).Value?.GetValueOrDefault(DeadLetterState.Dead) };
        if (!transport.KeepsRows)
        {
            view = view.Counted((await counts.CountsAsync(context.RequestAborted)).Value, fleet.Sharing);
        }
        return module == ModuleSwitches.Scaling ? view with { Sharing = SharingView.From(fleet.Sharing) } : view;
    }
}

/// <param name="Ready">In the work queue; null when the broker did not say.</param>
/// <param name="Unacked">Deliveries in the hands of this instance.</param>
/// <param name="Dead">Dead letters that nobody has replayed or discarded: in the archive, and on their way to it; null when one of these did not say.</param>
/// <param name="Instance">What this process did since it started.</param>
/// <param name="Pause">Since when, by whom and why the module is paused for the whole fleet; null while it is not.</param>
/// <param name="PausedTypes">Its task types that somebody has paused for the whole fleet.</param>
/// <param name="Breakers">The task types that this instance has paused by itself, because their attempts fail; none when all is well.</param>
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
    PauseView? Pause,
    IReadOnlyList<PauseView> PausedTypes,
    IReadOnlyList<BreakerView> Breakers)
{
    /// <summary>Tasks whose message is gone, at most 1000: see <c>/orphans</c>. Null while nothing can be said, because the broker was not seen empty yet, and of a module that writes no rows.</summary>
    public int? Orphaned { get; init; }

    /// <summary>Of the scaling module: how its instances share the work.</summary>
    public SharingView? Sharing { get; init; }

    /// <summary>The fleet's counters by instance, of a module that writes no rows; null for the others, and when they cannot be read.</summary>
    public IReadOnlyDictionary<string, TaskCounts>? Counters { get; init; }

    public static StatsView From(IReadOnlyDictionary<TaskState, long>? counts, TransportSnapshot snapshot, ModuleStats stats, IReadOnlyList<TypePause> breakers, PauseList pauses)
    {
        long? Count(TaskState state) => counts?.GetValueOrDefault(state);
        return new(
            Count(TaskState.Queued), Count(TaskState.Processing), Count(TaskState.Retrying), Count(TaskState.Completed), Count(TaskState.Failed),
            SumOf(snapshot, "work", queue => queue.Ready), SumOf(snapshot, "work", queue => queue.Consumers), SumOf(snapshot, "retry", queue => queue.Ready), SumOf(snapshot, "dead", queue => queue.Ready),
            snapshot.Lanes.Sum(lane => lane.Unacked),
            new(stats.Delivered, stats.Running, stats.Completed, stats.Retried, stats.Dead, stats.Duplicates, stats.HandedBack, stats.Paused, stats.Dropped, stats.Abandoned),
            pauses.Find(stats.Module) is { } pause ? PauseView.From(pause) : null,
            [.. pauses.TypesOf(stats.Module).Select(PauseView.From)],
            [.. breakers.Select(BreakerView.From)]);
    }

    /// <summary>Of a module that writes no rows: from the broker, the fleet's reports and its counters.</summary>
    public StatsView Counted(IReadOnlyDictionary<string, TaskCounts>? counters, SharingPicture sharing) => this with
    {
        Queued = Ready,
        Retrying = Waiting,
        Processing = sharing.Fleet.Instances is null || sharing.Running.Any(load => load.Module is null) ? null : sharing.Running.Sum(load => load.Module!.Now.Running),
        Completed = counters?.Values.Sum(counts => counts.Processed),
        Failed = counters?.Values.Sum(counts => counts.Failed),
        Counters = counters,
    };

    /// <summary>Null as soon as one of them is unknown.</summary>
    public static long? SumOf(TransportSnapshot snapshot, string role, Func<QueueDepth, long?> number)
    {
        var queues = snapshot.Queues.Where(queue => queue.Role == role).Select(number).ToArray();
        return queues.Length == 0 || queues.Contains(null) ? null : queues.Sum();
    }
}

/// <param name="Dropped">Deliveries that were neither acknowledged nor handed back in their time, and went back to the broker with their channel: a defect, whenever it is not 0.</param>
/// <param name="Abandoned">Handlers that ignored their cancellation and still run.</param>
internal sealed record InstanceStatsView(long Delivered, int Running, long Completed, long Retried, long Dead, long Duplicates, long HandedBack, long Paused, long Dropped, int Abandoned);

/// <summary>A task type that this instance does not run for now.</summary>
/// <param name="State"><c>open</c>, or <c>half-open</c> while its probe runs.</param>
internal sealed record BreakerView(string Type, string State, DateTimeOffset Since, int Failed, int Attempts, DateTimeOffset NextProbeAt, int FailedProbes, string? LastError)
{
    public static BreakerView From(TypePause pause) =>
        new(pause.Type, pause.IsProbing ? "half-open" : "open", pause.Since, pause.Failed, pause.Attempts, pause.NextProbeAt, pause.FailedProbes, pause.LastError);
}
