using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>One call of <see cref="IAttemptGuard.SettleAsync"/>: writes the outcome and what is owed while the epoch is the caller's. May run more than once, until a commit is certain.</summary>
internal sealed class SettleCall(AttemptResult result, InstanceIdentity self, RetrySchedule schedule) : LedgerCommand<AttemptEnd>
{
    private const string SettleSql = """
        UPDATE "Tasks" SET "Status" = ?2, "RetryCount" = ?3, "DueAt" = ?4, "Tier" = ?5, "CompletedTime" = ?6, "ErrorMessage" = ?7, "DeadReason" = ?8, "Owed" = ?9,
               "ChangedAt" = ?10, "Seq" = ?11, "Owner" = NULL, "SharedDeaths" = 0, "SolitaryDeaths" = 0, "Solitary" = 0
        WHERE "Row" = ?1 AND "Epoch" = ?12 AND "Status" = 'PROCESSING' AND "Owner" = ?13
        """;

    public override bool IsOutcome => true;

    public override bool GoesOnInRow => true;

    protected override AttemptEnd Run(LedgerTransaction transaction)
    {
        var (begun, attempt) = (result.Begun, BegunAttempt.Of(result.Begun));
        var endedAt = result.EndedAt.ToUnixTimeMilliseconds();
        var retry = result.Owed as Settlement.Retry;
        var dead = result.Owed as Settlement.DeadLetter;
        var dueAt = retry?.DueAt.ToUnixTimeMilliseconds();
        var error = result.Error is null ? null : TaskHeaders.CleanError(result.Error);
        var settled = transaction.Prepare(SettleSql)
            .Set(1, attempt.Row)
            .Set(2, result.State.ToWire())
            .Set(3, retry?.RetryCount ?? begun.Key.Attempt - 1)
            .Set(4, dueAt)
            .Set(5, retry is null ? null : (long)TierOf(retry, result.EndedAt).TotalMilliseconds)
            .Set(6, result.State.IsFinal() ? endedAt : null)
            .Set(7, error)
            .Set(8, dead?.Reason.ToWire())
            .Set(9, retry is not null || dead is not null)
            .Set(10, endedAt)
            .Set(11, begun.Seq + 1)
            .Set(12, begun.Epoch)
            .Set(13, self.RunId)
            .Run();
        if (settled == 0)
        {
            return Reread(transaction);
        }
        AttemptRows.End(transaction, begun.Key, begun.Epoch, attempt, self.Name, endedAt, result.Outcome, error, dueAt);
        transaction.Move(attempt.Module, TaskState.Processing, result.State);
        return new AttemptEnd(true, begun.Seq + 1);
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
