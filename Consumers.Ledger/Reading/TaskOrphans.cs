using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Finds tasks without a message, and has them published again.</summary>
internal sealed class TaskOrphans(LedgerDatabase database, LedgerWriter writer) : ITaskOrphans
{
    /// <summary>So many are looked up, and changed in one transaction, at a time.</summary>
    private const int Portion = 500;

    // Only as it was found: whatever has moved meanwhile has a message.
    private const string RequeueSql = """
        UPDATE "Tasks" SET "AwaitsPublishing" = 1, "EnqueuedAt" = ?4 WHERE "Row" = ?1 AND "Status" = ?2 AND "Seq" = ?3 AND NOT "AwaitsPublishing"
        """;

    private const string UnfinishedSql = """SELECT EXISTS (SELECT 1 FROM "Counters" WHERE "Module" = ?1 AND "Status" IN ('PROCESSING', 'RETRYING', 'QUEUED') AND "Count" > 0)""";

    private static readonly TaskState[] Unfinished = [TaskState.Processing, TaskState.Retrying, TaskState.Queued];

    public async ValueTask<IReadOnlyList<TaskRow>> ListAsync(string module, DateTimeOffset before, string? id, int limit, CancellationToken cancellationToken) =>
        (await FindAsync(module, before, id, limit, cancellationToken)).ConvertAll(task => TaskQueries.ToRow(task, null));

    public async ValueTask<int> PublishAgainAsync(string module, DateTimeOffset before, string? id, string by, CancellationToken cancellationToken)
    {
        var (published, changed) = (0, 0);
        do
        {
            var found = await FindAsync(module, before, id, Portion, cancellationToken);
            var action = Guid.NewGuid().ToString("n");
            changed = found.Count == 0 ? 0 : await writer.RunAsync(transaction => Requeue(transaction, module, id, by, action, found), isOutcome: true, cancellationToken);
            published += changed;
        }
        while (changed == Portion);
        return published;
    }

    private static int Requeue(LedgerTransaction transaction, string module, string? id, string by, string action, List<TaskRecord> found)
    {
        if (AuditRows.ResultOf(transaction, action) is not null)
        {
            // Committed before, though its answer was lost.
            return found.Count;
        }
        var changed = found.Sum(task => transaction.Prepare(RequeueSql).Set(1, task.Row).Set(2, task.Status.ToWire()).Set(3, task.Seq).Set(4, transaction.Now).Run());
        AuditRows.Append(transaction, action, by, "republish", id ?? module, changed, changed > 0 ? AuditRows.Done : AuditRows.Unchanged, "tasks whose message was gone");
        return changed;
    }

    private async Task<List<TaskRecord>> FindAsync(string module, DateTimeOffset before, string? id, int limit, CancellationToken cancellationToken)
    {
        // An idle host looks all the time, and needs no EF to see that there is nothing.
        if (!database.Read(connection => HasUnfinished(connection, module)))
        {
            return [];
        }
        await using var context = database.CreateDbContext();
        var found = new List<TaskRecord>();
        foreach (var state in Unfinished)
        {
            found.AddRange(await Matching(context, module, state, before, id).OrderByDescending(task => task.Row).Take(limit - found.Count).ToListAsync(cancellationToken));
        }
        return found;
    }

    private static bool HasUnfinished(LedgerConnection connection, string module)
    {
        var read = connection.Prepare(UnfinishedSql).Set(1, module);
        read.Step();
        var count = read.Long(0);
        read.Reset();
        return count > 0;
    }

    private static IQueryable<TaskRecord> Matching(LedgerContext context, string module, TaskState state, DateTimeOffset before, string? id)
    {
        // In these words it goes by the index on what is not completed: see FilteredTasks.
        var tasks = id is null
            ? context.Tasks.Where(task => task.Status == state && task.Status != TaskState.Completed && task.Module + "" == module)
            : context.Tasks.Where(task => task.Id == id && task.Module == module && task.Status == state);
        tasks = tasks
            // One that is about to be published, or was lately, has a message.
            .Where(task => !task.AwaitsPublishing && (task.EnqueuedAt == null || task.EnqueuedAt < before))
            // What the broker itself has dead-lettered waits in the archive for somebody to replay it.
            .Where(task => !context.DeadLetters.Any(letter => letter.Module == module && letter.TaskId == task.Id && letter.State == DeadLetterState.Dead));
        return state switch
        {
            TaskState.Queued => tasks.Where(task => task.ChangedAt < before),
            TaskState.Retrying => tasks.Where(task => task.DueAt < before),
            _ => tasks.Where(task => task.ChangedAt < before
                && !context.Instances.Any(instance => instance.RunId == task.Owner && instance.State != InstanceStates.Stopped && instance.LeaseUntil >= before)),
        };
    }
}
