using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Writes the transitions of attempts inside the writer's transaction.</summary>
internal static class AttemptRows
{
    private const string BeginSql = """
        UPDATE "Tasks" SET "Status" = 'PROCESSING', "WorkerId" = ?2, "Owner" = ?3, "RetryCount" = ?4 - 1, "Attempt" = ?4, "Epoch" = ?5, "Seq" = ?6,
               "StartTime" = ?7, "ChangedAt" = ?7, "Solitary" = ?8, "SharedDeaths" = ?9, "SolitaryDeaths" = ?10,
               "AwaitsPublishing" = 0, "Owed" = 0, "CompletedTime" = NULL, "DeadReason" = NULL
        WHERE "Row" = ?1
        """;

    private const string InsertSql = """
        INSERT INTO "Attempts" ("TaskRow", "Series", "Attempt", "Epoch", "WorkerId", "StartedAt", "TraceId") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """;

    private const string CloseSql = """
        UPDATE "Attempts" SET "EndedAt" = ?5, "Outcome" = ?6, "Error" = ?7, "DueAt" = ?8 WHERE "TaskRow" = ?1 AND "Series" = ?2 AND "Attempt" = ?3 AND "Epoch" = ?4
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
        var begun = new AttemptBegin.Begun(new AttemptKey(row.Id, verdict.Series, verdict.Attempt), row.Epoch + 1, row.Seq + 1);
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
            .Run();
        Open(transaction, row.Row, begun, worker, traceId);
        transaction.Move(row.Module, row.State, TaskState.Processing);
        return begun;
    }

    /// <summary>Begins an attempt of a task that no attempt of this ledger has seen.</summary>
    public static AttemptBegin.Begun BeginNew(LedgerTransaction transaction, AttemptRequest request, BeginVerdict.Begin verdict, InstanceIdentity worker)
    {
        var begun = new AttemptBegin.Begun(new AttemptKey(request.Message.Id, verdict.Series, verdict.Attempt), 1, 1);
        var row = TaskRows.InsertBegun(transaction, request, begun, worker);
        Open(transaction, row, begun, worker, request.TraceId);
        return begun;
    }

    /// <summary>Ends the begin that the row holds.</summary>
    public static void Close(LedgerTransaction transaction, TaskSnapshot row, long endedAt, string outcome, string? error, long? dueAt) =>
        Close(transaction, row.Row, row.Series, row.Attempt, row.Epoch, endedAt, outcome, error, dueAt);

    public static void Close(LedgerTransaction transaction, long row, int series, int attempt, long epoch, long endedAt, string outcome, string? error, long? dueAt) =>
        transaction.Prepare(CloseSql)
            .Set(1, row)
            .Set(2, series)
            .Set(3, attempt)
            .Set(4, epoch)
            .Set(5, endedAt)
            .Set(6, outcome)
            .Set(7, error)
            .Set(8, dueAt)
            .Run();

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
        Close(transaction, row, transaction.Now, outcome, null, null);
        transaction.Prepare(TakeBackSql).Set(1, row.Row).Set(2, transaction.Now).Set(3, deaths.Shared).Set(4, deaths.Solitary).Run();
        transaction.Move(row.Module, TaskState.Processing, row.Attempt > 1 ? TaskState.Retrying : TaskState.Queued);
    }

    private static void Open(LedgerTransaction transaction, long row, AttemptBegin.Begun begun, InstanceIdentity worker, string? traceId) =>
        transaction.Prepare(InsertSql)
            .Set(1, row)
            .Set(2, begun.Key.Series)
            .Set(3, begun.Key.Attempt)
            .Set(4, begun.Epoch)
            .Set(5, worker.Name)
            .Set(6, transaction.Now)
            .Set(7, traceId)
            .Run();
}
