using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Writes the transitions of attempts inside the writer's transaction.</summary>
internal static class AttemptRows
{
    private const string BeginSql = """
        UPDATE "Tasks" SET "Status" = 'PROCESSING', "WorkerId" = ?2, "Owner" = ?3, "RetryCount" = ?4 - 1, "Attempt" = ?4, "Epoch" = ?5, "Seq" = ?6,
               "StartTime" = ?7, "ChangedAt" = ?7, "Solitary" = ?8, "SharedDeaths" = ?9, "SolitaryDeaths" = ?10,
               "AwaitsPublishing" = 0, "Owed" = 0, "CompletedTime" = NULL, "DeadReason" = NULL, "TraceId" = ?11
        WHERE "Row" = ?1
        """;

    // One begun by a version that wrote its row at once has that row already.
    private const string EndSql = """
        INSERT INTO "Attempts" ("TaskRow", "Series", "Attempt", "Epoch", "WorkerId", "StartedAt", "TraceId", "EndedAt", "Outcome", "Error", "DueAt")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT DO UPDATE SET "EndedAt" = excluded."EndedAt", "Outcome" = excluded."Outcome", "Error" = excluded."Error", "DueAt" = excluded."DueAt"
        """;

    private const string FailSql = """
        UPDATE "Tasks" SET "Status" = 'FAILED', "RetryCount" = ?2 - 1, "Attempt" = ?2, "Seq" = ?3, "ChangedAt" = ?4, "CompletedTime" = ?4, "DeadReason" = ?5, "ErrorMessage" = ?6,
               "Owner" = NULL, "AwaitsPublishing" = 0, "Owed" = 1, "SharedDeaths" = 0, "SolitaryDeaths" = 0, "Solitary" = 0
        WHERE "Row" = ?1
        """;

    // The attempt is the last settled one again, so that the next delivery begins the same attempt.
    private const string TakeBackSql = """
        UPDATE "Tasks" SET "Status" = CASE WHEN "Attempt" > 1 THEN 'RETRYING' ELSE 'QUEUED' END, "Attempt" = "Attempt" - 1, "Seq" = "Seq" + 1, "ChangedAt" = ?2,
               "Owner" = NULL, "WorkerId" = NULL, "Solitary" = 0, "SharedDeaths" = ?3, "SolitaryDeaths" = ?4
        WHERE "Row" = ?1
        """;

    private const string WaitAnewSql = """UPDATE "Tasks" SET "DueAt" = ?2, "ChangedAt" = ?3 WHERE "Row" = ?1 AND "Status" = 'RETRYING'""";

    public static AttemptBegin.Begun Begin(LedgerTransaction transaction, TaskSnapshot row, BeginVerdict.Begin verdict, InstanceIdentity worker, bool solitary, string? traceId)
    {
        var begun = new AttemptBegin.Begun(
            new AttemptKey(row.Id, verdict.Series, verdict.Attempt), row.Epoch + 1, row.Seq + 1, Ticket: new BegunAttempt(row.Row, row.Module, transaction.Now, traceId));
        transaction.Prepare(BeginSql)
            .Set(1, row.Row)
            .Set(2, worker.Name)
            .Set(3, worker.RunId)
            .Set(4, verdict.Attempt)
            .Set(5, begun.Epoch)
            .Set(6, begun.Seq)
            .Set(7, transaction.Now)
            .Set(8, solitary)
            .Set(9, verdict.Deaths.Shared)
            .Set(10, verdict.Deaths.Solitary)
            .Set(11, traceId)
            .Run();
        transaction.Move(row.Module, row.State, TaskState.Processing);
        return begun;
    }

    /// <summary>Writes the row of an attempt that has ended. While one runs, all that is known of it stands in the task's row.</summary>
    public static void End(LedgerTransaction transaction, AttemptKey key, long epoch, BegunAttempt attempt, string worker, long endedAt, string outcome, string? error, long? dueAt) =>
        transaction.Prepare(EndSql)
            .Set(1, attempt.Row)
            .Set(2, key.Series)
            .Set(3, key.Attempt)
            .Set(4, epoch)
            .Set(5, worker)
            .Set(6, attempt.StartedAt)
            .Set(7, attempt.TraceId)
            .Set(8, endedAt)
            .Set(9, outcome)
            .Set(10, error)
            .Set(11, dueAt)
            .Run();

    /// <summary>Ends the begin that the row holds.</summary>
    public static void Close(LedgerTransaction transaction, TaskSnapshot row, string outcome) =>
        End(transaction, new AttemptKey(row.Id, row.Series, row.Attempt), row.Epoch, row.Running(), row.WorkerId ?? "", transaction.Now, outcome, null, null);

    /// <summary>Writes FAILED without a run; the dead letter is owed. Returns the row as it is now.</summary>
    public static TaskSnapshot Fail(LedgerTransaction transaction, TaskSnapshot row, BeginVerdict.Fail verdict)
    {
        transaction.Prepare(FailSql)
            .Set(1, row.Row)
            .Set(2, verdict.Attempt)
            .Set(3, row.Seq + 1)
            .Set(4, transaction.Now)
            .Set(5, verdict.Reason.ToWire())
            .Set(6, verdict.Error)
            .Run();
        transaction.Move(row.Module, row.State, TaskState.Failed);
        return row with
        {
            State = TaskState.Failed,
            Attempt = verdict.Attempt,
            Seq = row.Seq + 1,
            ChangedAt = transaction.Now,
            DeadReason = verdict.Reason,
            Error = verdict.Error,
            Owed = true,
        };
    }

    /// <summary>The wait for the next attempt begins now.</summary>
    public static void WaitAnew(LedgerTransaction transaction, TaskSnapshot row, long dueAt) =>
        transaction.Prepare(WaitAnewSql).Set(1, row.Row).Set(2, dueAt).Set(3, transaction.Now).Run();

    /// <summary>Ends the begin that the row holds as if it had not been; the same attempt can begin again.</summary>
    public static void TakeBack(LedgerTransaction transaction, TaskSnapshot row, string outcome, Deaths deaths)
    {
        Close(transaction, row, outcome);
        transaction.Prepare(TakeBackSql).Set(1, row.Row).Set(2, transaction.Now).Set(3, deaths.Shared).Set(4, deaths.Solitary).Run();
        transaction.Move(row.Module, TaskState.Processing, row.Attempt > 1 ? TaskState.Retrying : TaskState.Queued);
    }
}
