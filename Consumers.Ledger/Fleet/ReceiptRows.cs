using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Writes receipts inside the writer's transaction.</summary>
internal static class ReceiptRows
{
    /// <summary>However often processes die: so many are kept.</summary>
    public const int Kept = 1000;

    private const string WriteSql = """
        INSERT INTO "Receipts" ("RunId", "Name", "Host", "Pid", "Reason", "StartedAt", "StoppingAt", "EndedAt", "InFlight", "Finished", "HandedBack", "Abandoned", "TakenOver", "Tasks")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13)
        ON CONFLICT ("RunId") DO UPDATE SET "Reason" = excluded."Reason", "StoppingAt" = excluded."StoppingAt", "EndedAt" = excluded."EndedAt", "InFlight" = excluded."InFlight",
            "Finished" = excluded."Finished", "HandedBack" = excluded."HandedBack", "Abandoned" = excluded."Abandoned", "Tasks" = excluded."Tasks"
        """;

    private const string UnreceiptedSql = """
        SELECT "RunId", "Name" FROM "Instances" WHERE "State" <> 'stopped' AND "RunId" <> ?1 AND "RunId" NOT IN (SELECT "RunId" FROM "Receipts")
        """;

    private const string DeadSql = """
        INSERT INTO "Receipts" ("RunId", "Name", "Host", "Pid", "Reason", "StartedAt", "EndedAt", "InFlight", "Finished", "HandedBack", "Abandoned", "TakenOver", "Tasks")
        SELECT "RunId", "Name", "Host", "Pid", ?2, "StartedAt", "SeenAt", MAX("Running", ?3), 0, 0, 0, 0, ?4 FROM "Instances" WHERE "RunId" = ?1 AND "State" <> 'stopped'
        ON CONFLICT ("RunId") DO NOTHING
        RETURNING "InFlight"
        """;

    private const string BegunSql = """SELECT "Id", "Module", "Type" FROM "Tasks" WHERE "Status" = 'PROCESSING' AND "Status" <> 'COMPLETED' AND "Owner" = ?1""";

    private const string TakenOverSql = """UPDATE "Receipts" SET "TakenOver" = "TakenOver" + 1 WHERE "RunId" = ?1""";

    private const string WithdrawSql = """DELETE FROM "Receipts" WHERE "RunId" = ?1""";

    private const string PruneSql = """
        DELETE FROM "Receipts" WHERE "EndedAt" < ?1 OR "RunId" NOT IN (SELECT "RunId" FROM "Receipts" ORDER BY "EndedAt" DESC LIMIT ?2)
        """;

    /// <summary>Of this process, at its end.</summary>
    public static void Write(LedgerTransaction transaction, InstanceIdentity self, DrainReceipt receipt) => transaction.Prepare(WriteSql)
        .Set(1, self.RunId)
        .Set(2, self.Name)
        .Set(3, self.Host)
        .Set(4, self.Pid)
        .Set(5, receipt.Reason.Length <= LedgerContext.NameLength ? receipt.Reason : receipt.Reason[..LedgerContext.NameLength])
        .Set(6, self.StartedAt.ToUnixTimeMilliseconds())
        .Set(7, receipt.StoppingAt?.ToUnixTimeMilliseconds())
        .Set(8, receipt.EndedAt.ToUnixTimeMilliseconds())
        .Set(9, receipt.InFlight)
        .Set(10, receipt.Finished)
        .Set(11, receipt.HandedBack)
        .Set(12, receipt.Abandoned)
        .Set(13, TasksText.Write(receipt.Tasks))
        .Run();

    /// <summary>Processes that have not said that they stopped, and have no receipt. Some of them live.</summary>
    public static List<(string RunId, string Name)> Unreceipted(LedgerTransaction transaction, string self)
    {
        var found = new List<(string, string)>();
        var find = transaction.Prepare(UnreceiptedSql).Set(1, self);
        while (find.Step())
        {
            found.Add((find.Text(0), find.Text(1)));
        }
        return found;
    }

    /// <summary>Of a process that died. Returns how many tasks it had in hand; null when there is a receipt already.</summary>
    public static int? WriteDead(LedgerTransaction transaction, string runId)
    {
        var tasks = new List<UnfinishedTask>();
        var count = 0;
        var begun = transaction.Prepare(BegunSql).Set(1, runId);
        while (begun.Step())
        {
            if (count++ < FlightRecorder.TasksNamed)
            {
                tasks.Add(new UnfinishedTask(begun.Text(1), begun.Text(0), begun.Text(2), UnfinishedTask.InHand));
            }
        }
        // What a module without rows had begun, only the instance itself has told.
        var write = transaction.Prepare(DeadSql).Set(1, runId).Set(2, DrainReceipt.Died).Set(3, count).Set(4, TasksText.Write(tasks));
        int? inHand = write.Step() ? write.Int(0) : null;
        write.Reset();
        return inHand;
    }

    /// <summary>An attempt that this process had begun and not ended is about to be begun again. To be called while the row still names it.</summary>
    public static void TakenOver(LedgerTransaction transaction, string? runId)
    {
        if (runId is not null && transaction.Prepare(TakenOverSql).Set(1, runId).Run() == 0)
        {
            // Nobody has seen its end before its first task was delivered again.
            WriteDead(transaction, runId);
            transaction.Prepare(TakenOverSql).Set(1, runId).Run();
        }
    }

    public static void Withdraw(LedgerTransaction transaction, string runId) => transaction.Prepare(WithdrawSql).Set(1, runId).Run();

    public static void Prune(LedgerTransaction transaction, TimeSpan retention) =>
        transaction.Prepare(PruneSql).Set(1, transaction.Now - (long)retention.TotalMilliseconds).Set(2, Kept).Run();
}

/// <summary>The tasks of a receipt, as they stand in its row.</summary>
internal static class TasksText
{
    public static string Write(IReadOnlyList<UnfinishedTask> tasks) => JsonSerializer.Serialize(tasks, ReceiptJson.Default.IReadOnlyListUnfinishedTask);

    /// <summary>None for what this class has not written.</summary>
    public static IReadOnlyList<UnfinishedTask> Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ReceiptJson.Default.IReadOnlyListUnfinishedTask) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<UnfinishedTask>))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
