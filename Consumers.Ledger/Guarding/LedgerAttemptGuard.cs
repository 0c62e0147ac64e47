using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>The guard on the ledger: every decision is made inside the transaction that writes it, so all processes on one file agree.</summary>
internal sealed class LedgerAttemptGuard(LedgerWriter writer, InstanceIdentity self, OwnerJudge judge, RetrySchedule schedule) : IAttemptGuard
{
    private const string SettleSql = """
        UPDATE "Tasks" SET "Status" = ?6, "RetryCount" = ?7, "DueAt" = ?8, "Tier" = ?9, "CompletedTime" = ?10, "ErrorMessage" = ?11, "DeadReason" = ?12, "Owed" = ?13,
               "ChangedAt" = ?14, "Seq" = "Seq" + 1, "Owner" = NULL, "SharedDeaths" = 0, "SolitaryDeaths" = 0, "Solitary" = 0
        WHERE "Id" = ?1 AND "Series" = ?2 AND "Attempt" = ?3 AND "Epoch" = ?4 AND "Status" = 'PROCESSING' AND "Owner" = ?5
        RETURNING "Row", "Module", "Seq"
        """;

    private const string PaidSql = """UPDATE "Tasks" SET "Owed" = 0 WHERE "Id" = ?1 AND "Series" = ?2 AND "Attempt" = ?3 AND "Owed" = 1""";

    public async ValueTask<AttemptBegin> BeginAsync(AttemptRequest request, CancellationToken cancellationToken) =>
        await writer.RunAsync<AttemptBegin>(new BeginCall(request, self, judge).Execute, isOutcome: false, cancellationToken);

    public async ValueTask<AttemptEnd> SettleAsync(AttemptResult result, CancellationToken cancellationToken) =>
        await writer.RunAsync(transaction => Settle(transaction, result), isOutcome: true, cancellationToken);

    public async ValueTask ReleaseAsync(AttemptKey key, long epoch, CancellationToken cancellationToken) =>
        await writer.RunAsync(
            transaction =>
            {
                var row = TaskRows.Find(transaction, key.TaskId);
                if (row is not { State: TaskState.Processing } || row.Series != key.Series || row.Attempt != key.Attempt || row.Epoch != epoch || row.Owner != self.RunId)
                {
                    return false;
                }
                AttemptRows.TakeBack(transaction, row, AttemptOutcomes.HandedBack, new Deaths(row.SharedDeaths, row.SolitaryDeaths));
                return true;
            },
            isOutcome: false,
            cancellationToken);

    public void NotePaid(AttemptKey key) =>
        writer.RunLazily(transaction => transaction.Prepare(PaidSql).Set(1, key.TaskId).Set(2, key.Series).Set(3, key.Attempt).Run());

    private AttemptEnd Settle(LedgerTransaction transaction, AttemptResult result)
    {
        var (key, endedAt) = (result.Key, result.EndedAt.ToUnixTimeMilliseconds());
        var retry = result.Owed as Settlement.Retry;
        var dead = result.Owed as Settlement.DeadLetter;
        var dueAt = retry?.DueAt.ToUnixTimeMilliseconds();
        var error = result.Error is null ? null : TaskHeaders.CleanError(result.Error);
        var settle = transaction.Prepare(SettleSql)
            .Set(1, key.TaskId)
            .Set(2, key.Series)
            .Set(3, key.Attempt)
            .Set(4, result.Epoch)
            .Set(5, self.RunId)
            .Set(6, result.State.ToWire())
            .Set(7, retry?.RetryCount ?? key.Attempt - 1)
            .Set(8, dueAt)
            .Set(9, retry is null ? null : (long)TierOf(retry, result.EndedAt).TotalMilliseconds)
            .Set(10, result.State.IsFinal() ? endedAt : null)
            .Set(11, error)
            .Set(12, dead?.Reason.ToWire())
            .Set(13, retry is not null || dead is not null)
            .Set(14, endedAt);
        if (!settle.Step())
        {
            return Reread(transaction, result);
        }
        var row = new TaskSnapshot
        {
            Row = settle.Long(0),
            Id = key.TaskId,
            Module = settle.Text(1),
            Type = "",
            Series = key.Series,
            Attempt = key.Attempt,
            Epoch = result.Epoch,
            Seq = settle.Long(2),
        };
        settle.Run();
        AttemptRows.Close(transaction, row, endedAt, result.Outcome, error, dueAt);
        transaction.Move(row.Module, TaskState.Processing, result.State);
        return new AttemptEnd(true, row.Seq);
    }

    /// <summary>Nothing matched: the epoch is stale, unless this very outcome was written by a commit whose answer was lost.</summary>
    private static AttemptEnd Reread(LedgerTransaction transaction, AttemptResult result)
    {
        var row = TaskRows.Find(transaction, result.Key.TaskId);
        if (Sabotage.Is(Sabotage.NoEpochCheck))
        {
            return new AttemptEnd(true, row?.Seq ?? 0);
        }
        return row is not null && row.Series == result.Key.Series && row.Attempt == result.Key.Attempt && row.Epoch == result.Epoch && row.State == result.State
            ? new AttemptEnd(true, row.Seq)
            : new AttemptEnd(false, row?.Seq ?? 0);
    }

    /// <summary>The tier of the schedule; a wait that the failure asked for goes to the tier that it fits in.</summary>
    private TimeSpan TierOf(Settlement.Retry retry, DateTimeOffset now)
    {
        var tier = schedule.TierFor(retry.RetryCount - 1);
        var wait = retry.DueAt - now;
        return wait > tier * 1.25 || wait < tier * 0.75 ? schedule.TierWithin(wait) : tier;
    }
}
