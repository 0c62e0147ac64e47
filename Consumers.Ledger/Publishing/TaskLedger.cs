using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Publishing through the API: rows first, the broker after.</summary>
internal sealed class TaskLedger(LedgerWriter writer, LedgerDatabase database, OwnerJudge judge, TimeProvider time) : ITaskLedger
{
    /// <summary>How many rows go into one command, so that a large batch does not hold up the attempts that run.</summary>
    private const int Portion = 500;

    private const string PublishedSql = """UPDATE "Tasks" SET "AwaitsPublishing" = 0 WHERE "Id" = ?1 AND "AwaitsPublishing" """;
    private const string OwnersSql = """SELECT DISTINCT "Owner" FROM "Tasks" WHERE "Status" = 'PROCESSING' AND "Status" <> 'COMPLETED' AND "Module" = ?1""";

    private const string RequeueSql = """
        UPDATE "Tasks" SET "AwaitsPublishing" = 1, "EnqueuedAt" = "ChangedAt"
        WHERE "Status" = ?2 AND "Status" <> 'COMPLETED' AND "Module" = ?1 AND "Owner" IS ?3 AND NOT "AwaitsPublishing"
        """;

    public async ValueTask<IReadOnlyList<EnqueueResult>> EnqueueAsync(string module, IReadOnlyList<TaskMessage> messages, CancellationToken cancellationToken)
    {
        var portions = new List<Task<EnqueueResult[]>>();
        for (var start = 0; start < messages.Count; start += Portion)
        {
            var portion = messages.Skip(start).Take(Portion).ToArray();
            portions.Add(writer.RunAsync(transaction => Array.ConvertAll(portion, message => Enqueue(transaction, module, message)), isOutcome: true, cancellationToken));
        }
        return [.. (await Task.WhenAll(portions)).SelectMany(results => results)];
    }

    public async ValueTask NotePublishedAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        foreach (var portion in ids.Chunk(Portion))
        {
            await writer.RunAsync(
                transaction =>
                {
                    foreach (var id in portion)
                    {
                        transaction.Prepare(PublishedSql).Set(1, id).Run();
                    }
                    return true;
                },
                isOutcome: false,
                cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<UnpublishedTask>> FindUnpublishedAsync(string module, TimeSpan olderThan, int limit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (before, soon) = ((now - olderThan).ToUnixTimeMilliseconds(), (now + olderThan).ToUnixTimeMilliseconds());
        return ValueTask.FromResult<IReadOnlyList<UnpublishedTask>>(database.Read(connection => UnpublishedRows.Find(connection, module, before, soon, Math.Clamp(limit, 1, 10_000))));
    }

    /// <summary>The states stay: a waiting retry is due when it was, and an attempt whose process died is judged when it is delivered again. What a live process runs is left to it.</summary>
    public async ValueTask<int> RequeueUnfinishedAsync(string module, CancellationToken cancellationToken) =>
        await writer.RunAsync(
            transaction =>
            {
                var owners = new List<string>();
                var find = transaction.Prepare(OwnersSql).Set(1, module);
                while (find.Step())
                {
                    owners.Add(find.Text(0));
                }
                var requeued = Requeue(transaction, module, TaskState.Queued, null) + Requeue(transaction, module, TaskState.Retrying, null);
                foreach (var owner in owners.Where(owner => judge.Judge(transaction, owner) != OwnerLife.Alive))
                {
                    requeued += Requeue(transaction, module, TaskState.Processing, owner);
                }
                return requeued;
            },
            isOutcome: true,
            cancellationToken);

    private static int Requeue(LedgerTransaction transaction, string module, TaskState state, string? owner) =>
        transaction.Prepare(RequeueSql).Set(1, module).Set(2, state.ToWire()).Set(3, owner).Run();

    private static EnqueueResult Enqueue(LedgerTransaction transaction, string module, TaskMessage message)
    {
        var row = TaskRows.Find(transaction, message.Id);
        if (row is null)
        {
            TaskRows.Insert(transaction, module, message, series: 1, message.RetryCount, awaitsPublishing: true);
            return EnqueueResult.Accepted;
        }
        return row.Module == module && TaskRows.IsOf(transaction, row, message) ? EnqueueResult.AlreadyThere : EnqueueResult.Conflict;
    }
}
