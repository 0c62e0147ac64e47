namespace Consumers.Ledger;

/// <summary>Notes what people do, in the transaction that does it.</summary>
internal static class AuditRows
{
    private const string FindSql = """SELECT "Result" FROM "Audit" WHERE "Id" = ?1""";

    private const string AppendSql = """
        INSERT INTO "Audit" ("Id", "At", "Actor", "Action", "Target", "Count", "Result", "Detail") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    public const string Done = "done";

    /// <summary>There was nothing to do.</summary>
    public const string Unchanged = "unchanged";

    /// <summary>The result of an action that was committed before, though its caller may not know; null for a new one.</summary>
    public static string? ResultOf(LedgerTransaction transaction, string id)
    {
        var find = transaction.Prepare(FindSql).Set(1, id);
        var result = find.Step() ? find.Text(0) : null;
        find.Reset();
        return result;
    }

    /// <summary>At the transaction's time.</summary>
    public static void Append(LedgerTransaction transaction, string id, string actor, string action, string target, long count, string result, string? detail) =>
        transaction.Prepare(AppendSql)
            .Set(1, id)
            .Set(2, transaction.Now)
            .Set(3, actor)
            .Set(4, action)
            .Set(5, target)
            .Set(6, count)
            .Set(7, result)
            .Set(8, detail)
            .Run();
}
