using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Writes a pause or its end, with its audit row, inside the writer's transaction.</summary>
internal static class PauseRows
{
    private const string PauseSql = """
        INSERT INTO "Pauses" ("Module", "Type", "Since", "Actor", "Reason") VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING
        """;

    private const string ResumeSql = """DELETE FROM "Pauses" WHERE "Module" = ?1 AND "Type" = ?2""";

    private const string AllSql = """SELECT "Module", "Type", "Since", "Actor", "Reason" FROM "Pauses" """;

    private const string FindSql = """SELECT "Since", "Actor", "Reason" FROM "Pauses" WHERE "Module" = ?1 AND "Type" = ?2""";

    public static List<Pause> All(LedgerConnection connection)
    {
        var all = new List<Pause>();
        var read = connection.Prepare(AllSql);
        while (read.Step())
        {
            all.Add(new Pause(
                read.Text(0), read.Text(1) is var type && type == PauseRecord.WholeModule ? null : type, DateTimeOffset.FromUnixTimeMilliseconds(read.Long(2)), read.Text(3), read.TextOrNull(4)));
        }
        return all;
    }

    /// <param name="id">Of this action; the same one again changes nothing.</param>
    public static PauseChange Pause(LedgerTransaction transaction, string id, PauseOrder order)
    {
        var isNew = Once(transaction, id, order, "pause", () => transaction.Prepare(PauseSql)
            .Set(1, order.Module).Set(2, TypeOf(order)).Set(3, transaction.Now).Set(4, order.By).Set(5, order.Why)
            .Run());
        return new PauseChange(Find(transaction, order), isNew);
    }

    /// <inheritdoc cref="Pause" />
    public static PauseChange Resume(LedgerTransaction transaction, string id, PauseOrder order)
    {
        var isNew = Once(transaction, id, order, "resume", () => transaction.Prepare(ResumeSql).Set(1, order.Module).Set(2, TypeOf(order)).Run());
        return new PauseChange(Find(transaction, order), isNew);
    }

    /// <param name="change">Returns how many rows it changed.</param>
    private static bool Once(LedgerTransaction transaction, string id, PauseOrder order, string action, Func<int> change)
    {
        var result = AuditRows.ResultOf(transaction, id);
        if (result is null)
        {
            var count = change();
            result = count > 0 ? AuditRows.Done : AuditRows.Unchanged;
            AuditRows.Append(transaction, id, order.By, action, order.Type is { } type ? $"{order.Module}/{type}" : order.Module, count, result, order.Why);
        }
        return result == AuditRows.Done;
    }

    private static Pause? Find(LedgerTransaction transaction, PauseOrder order)
    {
        var find = transaction.Prepare(FindSql).Set(1, order.Module).Set(2, TypeOf(order));
        var found = find.Step()
            ? new Pause(order.Module, order.Type, DateTimeOffset.FromUnixTimeMilliseconds(find.Long(0)), find.Text(1), find.IsNull(2) ? null : find.Text(2))
            : null;
        find.Reset();
        return found;
    }

    private static string TypeOf(PauseOrder order) => order.Type ?? PauseRecord.WholeModule;
}
