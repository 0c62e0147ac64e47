using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Short reads, each on a connection of its own: a long one would keep the write-ahead log from being reset.</summary>
internal sealed class TaskQueries(LedgerDatabase database, TimeProvider time) : ITaskQueries
{
    /// <summary>For how long after it fell due a retry may be between two queues of the broker. Measured: under a second, more while the broker has little processor time.</summary>
    private static readonly TimeSpan Hop = TimeSpan.FromSeconds(10);

    public const int MaxPage = 200;

    /// <summary>Larger payloads are left out of lists.</summary>
    public const int ListedPayload = 1024;

    /// <summary>How many tasks one page looks at before it ends without having filled itself; the next goes on there.</summary>
    public const int MaxLooked = 5000;

    /// <summary>How many waiting retries are counted.</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>One statement, so that everything is of one moment; each part is one short walk along an index.</summary>
    internal const string TallySql = """
        SELECT "Status", "Count" FROM "Counters" WHERE "Module" = ?1
        UNION ALL
        SELECT 'unpublished', COUNT(*) FROM (SELECT 1 FROM "Tasks" WHERE "AwaitsPublishing" AND "Module" = ?1 LIMIT ?2)
        UNION ALL
        SELECT 'falling due', COUNT(*) FROM (SELECT 1 FROM "Tasks" WHERE "Status" = 'RETRYING' AND "DueAt" > ?3 AND "DueAt" <= ?4 AND "Module" = ?1 LIMIT ?2)
        """;

    private const string CountSql = """SELECT "Status", SUM("Count") FROM "Counters" WHERE ?1 IS NULL OR "Module" = ?1 GROUP BY "Status" """;

    private readonly Lazy<Task> _prepared = new(() => Task.Run(() =>
    {
        using var context = database.CreateDbContext();
        context.Tasks.Where(task => task.Id == "").ToQueryString();
    }));

    /// <summary>EF's model and the way to its first statement.</summary>
    public Task PrepareAsync() => _prepared.Value;

    public async ValueTask<TaskDetails?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        var task = await context.Tasks.Include(t => t.Body).FirstOrDefaultAsync(t => t.Id == id, cancellationToken);
        if (task is null)
        {
            return null;
        }
        var attempts = await context.Attempts.Where(a => a.TaskRow == task.Row)
            .OrderBy(a => a.Series).ThenBy(a => a.Attempt).ThenBy(a => a.Epoch)
            .Select(a => new AttemptRow(a.Series, a.Attempt, a.Epoch, a.WorkerId, a.StartedAt, a.EndedAt, a.Outcome, a.Error, a.DueAt, a.TraceId))
            .ToListAsync(cancellationToken);
        if (task is { Status: TaskState.Processing, StartTime: { } startedAt } && !attempts.Exists(attempt => attempt.Epoch == task.Epoch))
        {
            attempts.Add(new AttemptRow(task.Series, task.Attempt, task.Epoch, task.WorkerId ?? "", startedAt, null, null, null, null, task.TraceId));
        }
        return new TaskDetails(ToRow(task, task.Body?.Payload), attempts, task.AwaitsPublishing) { AcceptedAt = task.EnqueuedAt };
    }

    public async ValueTask<TaskPage> ListAsync(TaskFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        await using var context = database.CreateDbContext();
        // The counters know that there is nothing to find, where finding nothing would read a million rows.
        if ((filter.Module ?? (object?)filter.State) is not null
            && !await context.Counters.AnyAsync(c => (filter.Module == null || c.Module == filter.Module) && (filter.State == null || c.Status == filter.State) && c.Count > 0, cancellationToken))
        {
            return new TaskPage([], null);
        }
        var filtered = new FilteredTasks(filter);
        var walk = filtered.Walk(context.Tasks, PageCursor.Read(after));
        // Below this nobody has looked yet.
        var floor = filtered.HasDoubts ? await walk.Select(task => task.Row).Skip(MaxLooked - 1).FirstOrDefaultAsync(cancellationToken) : 0;
        var rows = await filtered.Matching(floor > 0 ? walk.Where(task => task.Row >= floor) : walk)
            .Take(limit + 1)
            .Select(task => new { Task = task, Payload = task.Body!.Payload.Length <= ListedPayload ? task.Body.Payload : null })
            .ToListAsync(cancellationToken);
        var items = rows.Take(limit).Select(row => ToRow(row.Task, row.Payload)).ToList();
        return new TaskPage(items, rows.Count > limit ? PageCursor.Write(rows[limit - 1].Task.Row) : floor > 0 ? PageCursor.Write(floor) : null);
    }

    public ValueTask<IReadOnlyDictionary<TaskState, long>> CountAsync(string? module, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<TaskState, long>>(database.Read(connection =>
        {
            var counts = TaskStateNames.All.ToDictionary(state => state, _ => 0L);
            var read = connection.Prepare(CountSql).Set(1, module);
            while (read.Step())
            {
                counts[StateConverter.Read(read.Text(0))] = read.Long(1);
            }
            return counts;
        }));

    public ValueTask<TaskTally> TallyAsync(string module, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return ValueTask.FromResult(database.Read(connection =>
        {
            var counts = TaskStateNames.All.ToDictionary(state => state, _ => 0L);
            long unpublished = 0, fallingDue = 0;
            var read = connection.Prepare(TallySql).Set(1, module).Set(2, MaxWaiting + 1).Set(3, now - (long)Hop.TotalMilliseconds).Set(4, now);
            while (read.Step())
            {
                switch (read.Text(0))
                {
                    case "unpublished": unpublished = read.Long(1); break;
                    case "falling due": fallingDue = read.Long(1); break;
                    case var state: counts[StateConverter.Read(state)] = read.Long(1); break;
                }
            }
            return new TaskTally(counts, Bounded(unpublished), Bounded(fallingDue));
        }));

        static long? Bounded(long count) => count <= MaxWaiting ? count : null;
    }

    public async ValueTask<WaitingRetries> WaitingRetriesAsync(string module, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        // Grouped by the database, which reads them out of the index in a fraction of the time that handing them over takes.
        var tiers = await Waiting(context, module)
            .GroupBy(task => task.Tier ?? 0)
            .Select(tier => new { Tier = tier.Key, Count = tier.Count(), NextDue = tier.Min(task => task.DueAt) })
            .ToListAsync(cancellationToken);
        var count = tiers.Sum(tier => tier.Count);
        return new WaitingRetries(
            Math.Min(count, MaxWaiting),
            count > MaxWaiting,
            tiers.Min(tier => tier.NextDue),
            [.. tiers.OrderBy(tier => tier.Tier).Select(tier => new WaitingTier(TimeSpan.FromMilliseconds(tier.Tier), tier.Count, tier.NextDue!.Value))]);
    }

    /// <summary>The earliest ones, straight from the index on waiting retries.</summary>
    internal static IQueryable<TaskRecord> Waiting(LedgerContext context, string module) =>
        context.Tasks.Where(task => task.Status == TaskState.Retrying && task.DueAt != null && task.Module == module).OrderBy(task => task.DueAt).Take(MaxWaiting + 1);

    internal static TaskRow ToRow(TaskRecord task, byte[]? payload) => new(
        task.Id, task.Module, task.Type, payload, task.Key, task.Status, task.WorkerId, task.RetryCount, task.MaxRetries, task.Series,
        task.CreatedAt, task.StartTime, task.CompletedTime, task.Status == TaskState.Retrying ? task.DueAt : null, task.DeadReason, task.ErrorMessage);
}
