using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Finds or makes the row of a cause, and notes that a dead letter of it came. Its counts are kept by <see cref="DeadLetterCounts"/>.</summary>
internal static class CauseRows
{
    /// <summary>Of one module. Who can publish chooses types and, in part, errors: what would be one cause more goes to a common one.</summary>
    public const int MaxCauses = 1000;

    public const long MillisecondsAnHour = 3_600_000;

    private const string SeenSql = """
        UPDATE "DeadLetterCauses" SET "FirstAt" = MIN("FirstAt", ?2), "LastAt" = MAX("LastAt", ?2) WHERE "Id" = ?1 RETURNING "Row"
        """;

    private const string CountSql = """SELECT COUNT(*) FROM "DeadLetterCauses" WHERE "Module" = ?1""";

    private const string InsertSql = """
        INSERT INTO "DeadLetterCauses" ("Id", "Module", "Type", "Reason", "Error", "Place", "Dead", "Replayed", "Discarded", "FirstAt", "LastAt")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, ?7, ?7) RETURNING "Row"
        """;

    private const string HourSql = """
        INSERT INTO "DeadLetterCauseHours" ("Cause", "Hour", "Count") VALUES (?1, ?2, 1) ON CONFLICT ("Cause", "Hour") DO UPDATE SET "Count" = "Count" + 1
        """;

    /// <summary>The row of the cause.</summary>
    public static long Note(LedgerTransaction transaction, CauseFingerprint cause, DateTimeOffset deadAt)
    {
        var at = deadAt.ToUnixTimeMilliseconds();
        var row = Seen(transaction, cause.Id, at) ?? Make(transaction, cause, at);
        transaction.Prepare(HourSql).Set(1, row).Set(2, at / MillisecondsAnHour).Run();
        return row;
    }

    private static long Make(LedgerTransaction transaction, CauseFingerprint cause, long at)
    {
        var count = transaction.Prepare(CountSql).Set(1, cause.Module);
        count.Step();
        var isFull = count.Long(0) >= MaxCauses;
        count.Reset();
        if (!isFull)
        {
            return Insert(transaction, cause, at);
        }
        var other = CauseFingerprint.Other(cause.Module);
        return Seen(transaction, other.Id, at) ?? Insert(transaction, other, at);
    }

    private static long? Seen(LedgerTransaction transaction, string id, long at)
    {
        var seen = transaction.Prepare(SeenSql).Set(1, id).Set(2, at);
        if (!seen.Step())
        {
            return null;
        }
        var row = seen.Long(0);
        seen.Run();
        return row;
    }

    private static long Insert(LedgerTransaction transaction, CauseFingerprint cause, long at)
    {
        var insert = transaction.Prepare(InsertSql)
            .Set(1, cause.Id).Set(2, cause.Module).Set(3, cause.Type).Set(4, cause.Reason).Set(5, cause.Error).Set(6, cause.Place).Set(7, at);
        insert.Step();
        var row = insert.Long(0);
        insert.Run();
        return row;
    }
}
