using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>
/// Writes a dead letter inside the writer's transaction: a new entry; the same entry once more, for a task that failed again in a later series; or nothing, for a message that was
/// archived before. What a message says of itself proves nothing, so a task is the entry's task only when its content is the entry's too.
/// </summary>
internal static class ArchiveRows
{
    private const string FindTaskSql = """SELECT "Row", "Content", "Series", "State", "Cause" FROM "DeadLetters" WHERE "Module" = ?1 AND "TaskId" = ?2""";

    private const string FindIdentitySql = """SELECT 1 FROM "DeadLetters" WHERE "Module" = ?1 AND "Identity" = ?2""";

    private const string InsertSql = """
        INSERT INTO "DeadLetters" ("Id", "Seq", "Module", "Source", "Origin", "Identity", "TaskId", "Type", "Key", "Content", "Series", "Reason", "Cause", "Error", "Attempts", "Times",
            "FirstFailureAt", "DeadAt", "ArchivedAt", "ChangedAt", "ConsumerId", "BodyBytes", "State")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 1, ?16, ?17, ?18, ?18, ?19, ?20, 'dead') RETURNING "Row"
        """;

    private const string AgainSql = """
        UPDATE "DeadLetters" SET "Seq" = ?2, "Source" = ?3, "Origin" = ?4, "Identity" = ?5, "Series" = ?6, "Reason" = ?7, "Cause" = ?8, "Error" = ?9, "Attempts" = ?10,
            "Times" = "Times" + 1, "FirstFailureAt" = COALESCE("FirstFailureAt", ?11), "DeadAt" = ?12, "ArchivedAt" = ?13, "ChangedAt" = ?13, "ConsumerId" = ?14, "BodyBytes" = ?15, "State" = 'dead'
        WHERE "Row" = ?1
        """;

    private const string BodySql = """
        INSERT INTO "DeadLetterBodies" ("DeadLetterRow", "Body", "Sha256", "Headers") VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT ("DeadLetterRow") DO UPDATE SET "Body" = excluded."Body", "Sha256" = excluded."Sha256", "Headers" = excluded."Headers"
        """;

    public static void Add(LedgerTransaction transaction, ArchivedLetter letter)
    {
        var task = letter.Read.Task;
        if (task is not null)
        {
            OperationItemRows.FailAgain(transaction, task.Id, letter.Read.Series, letter.Read.Error);
        }
        if (task is not null && FindTask(transaction, letter.Letter.Module, task.Id) is { } known)
        {
            if (known.Content == letter.Read.Content)
            {
                if (letter.Read.Series > known.Series)
                {
                    Again(transaction, known, letter);
                }
                return;
            }
            // Somebody else's body under this id. It is kept, but it neither changes the entry nor is one of the task.
            Insert(transaction, letter, taskId: null, $"{IdentityOf(task, letter.Read.Series)}:{letter.Read.Content}");
            return;
        }
        Insert(transaction, letter, task?.Id, task is null ? letter.Letter.Identity : IdentityOf(task, letter.Read.Series));
    }

    private static string IdentityOf(TaskMessage task, int series) => $"task:{task.Id}:{series}";

    private static Known? FindTask(LedgerTransaction transaction, string module, string taskId)
    {
        var find = transaction.Prepare(FindTaskSql).Set(1, module).Set(2, taskId);
        Known? known = find.Step() ? new Known(find.Long(0), find.Text(1), find.Int(2), DeadLetterStateConverter.Read(find.Text(3)), find.Long(4)) : null;
        find.Reset();
        return known;
    }

    private static void Insert(LedgerTransaction transaction, ArchivedLetter letter, string? taskId, string identity)
    {
        var find = transaction.Prepare(FindIdentitySql).Set(1, letter.Letter.Module).Set(2, identity);
        var isKnown = find.Step();
        find.Reset();
        if (isKnown)
        {
            return;
        }
        var (module, read) = (letter.Letter.Module, letter.Read);
        var cause = CauseRows.Note(transaction, letter.Cause, read.DeadAt);
        var insert = transaction.Prepare(InsertSql)
            .Set(1, letter.Id)
            .Set(2, DeadLetterRows.NextSeq(transaction))
            .Set(3, module)
            .Set(4, letter.Letter.Source)
            .Set(5, read.Origin)
            .Set(6, identity)
            .Set(7, taskId)
            .Set(8, read.Task?.Type)
            .Set(9, read.Key)
            .Set(10, read.Content)
            .Set(11, read.Series)
            .Set(12, read.Reason)
            .Set(13, cause)
            .Set(14, read.Error)
            .Set(15, read.Attempts)
            .Set(16, read.FirstFailureAt?.ToUnixTimeMilliseconds())
            .Set(17, read.DeadAt.ToUnixTimeMilliseconds())
            .Set(18, transaction.Now)
            .Set(19, read.ConsumerId)
            .Set(20, letter.BodyBytes);
        insert.Step();
        var row = insert.Long(0);
        insert.Run();
        WriteBody(transaction, row, letter);
        transaction.DeadLetters.Move(module, cause, null, DeadLetterState.Dead);
    }

    private static void Again(LedgerTransaction transaction, Known known, ArchivedLetter letter)
    {
        var (module, read) = (letter.Letter.Module, letter.Read);
        var cause = CauseRows.Note(transaction, letter.Cause, read.DeadAt);
        transaction.Prepare(AgainSql)
            .Set(1, known.Row)
            .Set(2, DeadLetterRows.NextSeq(transaction))
            .Set(3, letter.Letter.Source)
            .Set(4, read.Origin)
            .Set(5, IdentityOf(read.Task!, read.Series))
            .Set(6, read.Series)
            .Set(7, read.Reason)
            .Set(8, cause)
            .Set(9, read.Error)
            .Set(10, read.Attempts)
            .Set(11, read.FirstFailureAt?.ToUnixTimeMilliseconds())
            .Set(12, read.DeadAt.ToUnixTimeMilliseconds())
            .Set(13, transaction.Now)
            .Set(14, read.ConsumerId)
            .Set(15, letter.BodyBytes)
            .Run();
        WriteBody(transaction, known.Row, letter);
        transaction.DeadLetters.Move(module, known.Cause, known.State, null);
        transaction.DeadLetters.Move(module, cause, null, DeadLetterState.Dead);
    }

    private static void WriteBody(LedgerTransaction transaction, long row, ArchivedLetter letter)
    {
        var write = transaction.Prepare(BodySql).Set(1, row).Set(2, letter.Body).Set(3, letter.Sha256).Set(4, letter.Headers);
        write.Run();
        // SQLite holds its copy of a parameter until the next one.
        write.SetNull(2);
    }

    private readonly record struct Known(long Row, string Content, int Series, DeadLetterState State, long Cause);
}
