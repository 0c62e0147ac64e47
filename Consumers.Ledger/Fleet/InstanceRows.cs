using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Writes this process's row inside the writer's transaction.</summary>
internal static class InstanceRows
{
    private const string RenewSql = """
        INSERT INTO "Instances" ("RunId", "Name", "Host", "HostIdentity", "Pid", "ProcessStart", "LeaseUntil", "State", "Modules", "Url", "Version", "Running", "Completed", "Failed", "StartedAt", "SeenAt", "InHands")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        ON CONFLICT ("RunId") DO UPDATE SET "LeaseUntil" = excluded."LeaseUntil", "State" = excluded."State", "Modules" = excluded."Modules", "Url" = excluded."Url",
            "Running" = excluded."Running", "Completed" = excluded."Completed", "Failed" = excluded."Failed", "SeenAt" = excluded."SeenAt", "InHands" = excluded."InHands"
        """;

    private const string NamesakeSql = """
        SELECT "RunId", "Host", "Pid", "LeaseUntil" FROM "Instances" WHERE "Name" = ?1 AND "RunId" <> ?2 AND "State" <> 'stopped' AND "LeaseUntil" >= ?3
        """;

    private const string SeenSql = """
        SELECT "RunId", "Name", "Host", "Pid", "LeaseUntil", "State", "Modules", "Url", "Version", "InHands", "Running", "Completed", "Failed", "StartedAt", "SeenAt" FROM "Instances" WHERE "SeenAt" >= ?1
        """;

    private const string PruneSql = """DELETE FROM "Instances" WHERE "SeenAt" < ?1 AND "RunId" NOT IN (SELECT "Owner" FROM "Tasks" WHERE "Status" = 'PROCESSING' AND "Status" <> 'COMPLETED' AND "Owner" IS NOT NULL)""";

    /// <summary>Writes the row with a lease of <see cref="LedgerWriter.Lease"/> from now; a stopped instance has none.</summary>
    public static void Renew(LedgerTransaction transaction, InstanceReport report, HostIdentity host) => transaction.Prepare(RenewSql)
        .Set(1, report.RunId)
        .Set(2, report.Name)
        .Set(3, report.Host)
        .Set(4, host.Value)
        .Set(5, report.Pid)
        .Set(6, host.ProcessStart)
        .Set(7, report.State == InstanceStates.Stopped ? transaction.Now : transaction.Now + (long)LedgerWriter.Lease.TotalMilliseconds)
        .Set(8, report.State)
        .Set(9, report.Modules)
        .Set(10, report.Url)
        .Set(11, report.Version)
        .Set(12, report.Running)
        .Set(13, report.Completed)
        .Set(14, report.Failed)
        .Set(15, report.StartedAt.ToUnixTimeMilliseconds())
        .Set(16, transaction.Now)
        .Set(17, InHandsText.Write(report.InHands))
        .Run();

    /// <summary>Other processes under this name whose lease holds.</summary>
    public static List<Namesake> Namesakes(LedgerTransaction transaction, InstanceIdentity self)
    {
        var found = new List<Namesake>();
        var find = transaction.Prepare(NamesakeSql).Set(1, self.Name).Set(2, self.RunId).Set(3, transaction.Now);
        while (find.Step())
        {
            found.Add(new Namesake(find.Text(0), find.Text(1), find.Int(2), find.Long(3)));
        }
        return found;
    }

    public static List<SeenInstance> SeenSince(LedgerConnection connection, DateTimeOffset since)
    {
        var seen = new List<SeenInstance>();
        var read = connection.Prepare(SeenSql).Set(1, since.ToUnixTimeMilliseconds());
        while (read.Step())
        {
            seen.Add(new(
                read.Text(0), read.Text(1), read.Text(2), read.Int(3), Time(read, 4), read.Text(5), read.Text(6), read.TextOrNull(7), read.Text(8), read.TextOrNull(9),
                read.Int(10), read.Long(11), read.Long(12), Time(read, 13), Time(read, 14)));
        }
        return seen;
    }

    /// <summary>Removes what was not seen for a day, unless an attempt is still in its name.</summary>
    public static void Prune(LedgerTransaction transaction) =>
        transaction.Prepare(PruneSql).Set(1, transaction.Now - (long)TimeSpan.FromDays(1).TotalMilliseconds).Run();

    private static DateTimeOffset Time(Statement row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.Long(column));
}

/// <summary>An instance as its row says, for people.</summary>
internal readonly record struct SeenInstance(
    string RunId, string Name, string Host, int Pid, DateTimeOffset LeaseUntil, string State, string Modules, string? Url, string Version, string? InHands,
    int Running, long Completed, long Failed, DateTimeOffset StartedAt, DateTimeOffset SeenAt);

internal readonly record struct Namesake(string RunId, string Host, int Pid, long LeaseUntil);
