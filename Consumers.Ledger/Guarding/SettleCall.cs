using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>One call of <see cref="IAttemptGuard.SettleAsync"/>: writes the outcome and what is owed while the epoch is the caller's. May run more than once, until a commit is certain.</summary>
internal sealed class SettleCall(AttemptResult result, InstanceIdentity self, RetrySchedule schedule) : LedgerCommand<AttemptEnd>
{
    // RETURNING would cost a temporary table for every row.
    private const string MineSql = """
        SELECT "Row", "Module", "Seq" FROM "Tasks" WHERE "Id" = ?1 AND "Series" = ?2 AND "Attempt" = ?3 AND "Epoch" = ?4 AND "Status" = 'PROCESSING' AND "Owner" = ?5
        """;

    private const string SettleSql = """
        UPDATE "Tasks" SET "Status" = ?2, "RetryCount" = ?3, "DueAt" = ?4, "Tier" = ?5, "CompletedTime" = ?6, "ErrorMessage" = ?7, "DeadReason" = ?8, "Owed" = ?9,
               "ChangedAt" = ?10, "Seq" = ?11, "Owner" = NULL, "SharedDeaths" = 0, "SolitaryDeaths" = 0, "Solitary" = 0
        WHERE "Row" = ?1
        """;

    public override bool IsOutcome => true;

    protected override AttemptEnd Run(LedgerTransaction transaction)
    {
        var key = result.Key;
        var mine = transaction.Prepare(MineSql).Set(1, key.TaskId).Set(2, key.Series).Set(3, key.Attempt).Set(4, result.Epoch).Set(5, self.RunId);
        if (!mine.Step())
        {
            return Reread(transaction);
        }
        var (row, module, seq) = (mine.Long(0), mine.Text(1), mine.Long(2) + 1);
        mine.Reset();
        var endedAt = result.EndedAt.ToUnixTimeMilliseconds();
        var retry = result.Owed as Settlement.Retry;
        var dead = result.Owed as Settlement.DeadLetter;
        var dueAt = retry?.DueAt.ToUnixTimeMilliseconds();
        var error = result.Error is null ? null : TaskHeaders.CleanError(result.Error);
        transaction.Prepare(SettleSql)
            .Set(1, row)
            .Set(2, result.State.ToWire())
            .Set(3, retry?.RetryCount ?? key.Attempt - 1)
            .Set(4, dueAt)
            .Set(5, retry is null ? null : (long)TierOf(retry, result.EndedAt).TotalMilliseconds)
            .Set(6, result.State.IsFinal() ? endedAt : null)
            .Set(7, error)
            .Set(8, dead?.Reason.ToWire())
            .Set(9, retry is not null || dead is not null)
            .Set(10, endedAt)
            .Set(11, seq)
            .Run();
        AttemptRows.Close(transaction, row, key.Series, key.Attempt, result.Epoch, endedAt, result.Outcome, error, dueAt);
        transaction.Move(module, TaskState.Processing, result.State);
        return new AttemptEnd(true, seq);
    }

    /// <summary>Nothing matched: the epoch is stale, unless this very outcome was written by a commit whose answer was lost.</summary>
    private AttemptEnd Reread(LedgerTransaction transaction)
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
