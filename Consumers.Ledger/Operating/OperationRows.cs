using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Reads and changes operations inside the writer's transaction.</summary>
internal static class OperationRows
{
    private const string Columns = """
        "Row", "Id", "Kind", "State", "Scope", "Actor", "Canary", "StopAtFailurePercent", "IsCanaryPassed", "JudgedSucceeded", "JudgedFailed",
        "Total", "Waiting", "Claimed", "Published", "Awaited", "Succeeded", "FailedAgain", "Discarded", "Skipped", "Owner", "Modules"
        """;

    private const string FindSql = $"""SELECT {Columns} FROM "Operations" WHERE "Id" = ?1""";

    private const string ReadSql = $"""SELECT {Columns} FROM "Operations" WHERE "Row" = ?1""";

    private const string InsertSql = """
        INSERT INTO "Operations" ("Id", "Kind", "State", "Scope", "Actor", "Why", "RateMilli", "Canary", "StopAtFailurePercent", "Modules", "IsCanaryPassed", "JudgedSucceeded", "JudgedFailed",
                                  "Total", "Waiting", "Claimed", "Published", "Awaited", "Succeeded", "FailedAgain", "Discarded", "Skipped", "CreatedAt", "IsOpen", "Body")
        VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11, ?11, 0, 0, 0, 0, 0, 0, 0, ?12, 1, ?13)
        RETURNING "Row"
        """;

    // By the index on what is open.
    private const string UnfinishedSql = """
        SELECT "Row", "Kind", "Modules" FROM "Operations" WHERE "IsOpen" AND ("State" IN ('running', 'cancelled') OR "Claimed" + "Awaited" > 0) ORDER BY "Row"
        """;

    private const string OwnSql = """UPDATE "Operations" SET "Owner" = ?2, "Runner" = ?3 WHERE "Row" = ?1 AND "IsOpen" """;

    private const string ReleaseSql = """UPDATE "Operations" SET "Owner" = NULL, "Runner" = NULL WHERE "Owner" = ?1""";

    private const string NoteSql = """UPDATE "Operations" SET "Note" = ?3 WHERE "Row" = ?1 AND "Owner" = ?2 AND "State" = 'running' AND "Note" IS NOT ?3""";

    private const string LeaveSql = """UPDATE "Operations" SET "Owner" = NULL, "Runner" = NULL WHERE "Row" = ?1 AND "Owner" = ?2 AND "State" IN ('paused', 'stopped')""";

    private const string PassSql = """UPDATE "Operations" SET "IsCanaryPassed" = 1 WHERE "Row" = ?1""";

    private const string StateSql = """UPDATE "Operations" SET "State" = ?2, "Note" = ?3 WHERE "Row" = ?1""";

    private const string EndSql = """UPDATE "Operations" SET "State" = ?2, "EndedAt" = COALESCE("EndedAt", ?3) WHERE "Row" = ?1""";

    private const string CloseSql = """UPDATE "Operations" SET "IsOpen" = 0, "Note" = NULL, "Owner" = NULL, "Runner" = NULL WHERE "Row" = ?1""";

    private const string ResumeSql = """
        UPDATE "Operations" SET "State" = 'running', "Note" = NULL, "IsCanaryPassed" = "IsCanaryPassed" OR "State" = 'stopped',
               "JudgedSucceeded" = CASE WHEN "State" = 'stopped' THEN "Succeeded" ELSE "JudgedSucceeded" END,
               "JudgedFailed" = CASE WHEN "State" = 'stopped' THEN "FailedAgain" ELSE "JudgedFailed" END
        WHERE "Row" = ?1
        """;

    public static OperationRecord? Find(LedgerTransaction transaction, string id) => Read(transaction.Prepare(FindSql).Set(1, id));

    public static OperationRecord? Read(LedgerTransaction transaction, long row) => Read(transaction.Prepare(ReadSql).Set(1, row));

    /// <summary>Those that somebody has to run, oldest first.</summary>
    public static List<UnfinishedOperation> Unfinished(LedgerConnection connection)
    {
        var unfinished = new List<UnfinishedOperation>();
        var read = connection.Prepare(UnfinishedSql);
        while (read.Step())
        {
            unfinished.Add(new(read.Long(0), OperationKindConverter.Read(read.Text(1)), read.Text(2)));
        }
        return unfinished;
    }

    /// <summary>All of its items wait.</summary>
    public static long Insert(LedgerTransaction transaction, OperationRecord operation)
    {
        var insert = transaction.Prepare(InsertSql)
            .Set(1, operation.Id)
            .Set(2, operation.Kind.ToWire())
            .Set(3, operation.Scope)
            .Set(4, operation.Actor)
            .Set(5, operation.Why)
            .Set(6, operation.RateMilli)
            .Set(7, operation.Canary)
            .Set(8, operation.StopAtFailurePercent)
            .Set(9, operation.Modules)
            .Set(10, operation.IsCanaryPassed)
            .Set(11, operation.Total)
            .Set(12, transaction.Now);
        insert = operation.Body is { } body ? insert.Set(13, body) : insert.SetNull(13);
        insert.Step();
        var row = insert.Long(0);
        insert.Run();
        return row;
    }

    public static void Own(LedgerTransaction transaction, long row, InstanceIdentity self) =>
        transaction.Prepare(OwnSql).Set(1, row).Set(2, self.RunId).Set(3, self.Name).Run();

    /// <summary>Gives up all that this process runs.</summary>
    public static void Release(LedgerTransaction transaction, InstanceIdentity self) => transaction.Prepare(ReleaseSql).Set(1, self.RunId).Run();

    /// <summary>Gives up one that is paused or stopped.</summary>
    public static void Leave(LedgerTransaction transaction, long row, InstanceIdentity self) => transaction.Prepare(LeaveSql).Set(1, row).Set(2, self.RunId).Run();

    /// <summary>Says why nothing goes on; while it is stopped, it says why that is.</summary>
    public static void Note(LedgerTransaction transaction, long row, InstanceIdentity self, string? note) =>
        transaction.Prepare(NoteSql).Set(1, row).Set(2, self.RunId).Set(3, note).Run();

    public static void PassCanary(LedgerTransaction transaction, long row) => transaction.Prepare(PassSql).Set(1, row).Run();

    public static void Set(LedgerTransaction transaction, long row, OperationState state, string? note) =>
        transaction.Prepare(StateSql).Set(1, row).Set(2, state.ToWire()).Set(3, note).Run();

    /// <summary>Nothing more is begun.</summary>
    public static void End(LedgerTransaction transaction, long row, OperationState state) =>
        transaction.Prepare(EndSql).Set(1, row).Set(2, state.ToWire()).Set(3, transaction.Now).Run();

    /// <summary>Nothing is left to do.</summary>
    public static void Close(LedgerTransaction transaction, long row) => transaction.Prepare(CloseSql).Set(1, row).Run();

    /// <summary>Somebody wants it to go on: what made it stop is not held against it again.</summary>
    public static void Resume(LedgerTransaction transaction, long row) => transaction.Prepare(ResumeSql).Set(1, row).Run();

    private static OperationRecord? Read(Statement find)
    {
        if (!find.Step())
        {
            return null;
        }
        var operation = new OperationRecord
        {
            Row = find.Long(0),
            Id = find.Text(1),
            Kind = OperationKindConverter.Read(find.Text(2)),
            State = OperationStateConverter.Read(find.Text(3)),
            Scope = find.Text(4),
            Actor = find.Text(5),
            Canary = find.Int(6),
            StopAtFailurePercent = find.Int(7),
            IsCanaryPassed = find.Bool(8),
            JudgedSucceeded = find.Long(9),
            JudgedFailed = find.Long(10),
            Total = find.Long(11),
            Waiting = find.Long(12),
            Claimed = find.Long(13),
            Published = find.Long(14),
            Awaited = find.Long(15),
            Succeeded = find.Long(16),
            FailedAgain = find.Long(17),
            Discarded = find.Long(18),
            Skipped = find.Long(19),
            Owner = find.TextOrNull(20),
            Modules = find.Text(21),
        };
        find.Reset();
        return operation;
    }
}

internal readonly record struct UnfinishedOperation(long Row, OperationKind Kind, string Modules);
