using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Figures of long ago, one row a step for all processes: so there are as many as there are steps, however often processes started.</summary>
internal static class MergedFigures
{
    /// <summary>What stands for the name of a process.</summary>
    public const string Source = "";

    /// <summary>So long after its end a step is given up to who comes late: a process writes within seconds, or when a ledger that was away is back.</summary>
    internal static readonly TimeSpan Late = TimeSpan.FromHours(6);

    /// <summary>So many steps at most in one transaction.</summary>
    private const int MostSteps = 20;

    private const string FindSql = """SELECT MIN("Start") FROM "Figures" WHERE "StepSeconds" = ?1 AND "Start" <= ?2 AND "Source" <> ''""";

    private const string ReadSql = """
        SELECT "Completed", "Failed", "Retried", "Running", "Backlog", "Handling", "Age", "Processes" FROM "Figures" WHERE "StepSeconds" = ?1 AND "Start" = ?2
        """;

    private const string RemoveSql = """DELETE FROM "Figures" WHERE "StepSeconds" = ?1 AND "Start" = ?2""";

    private const string PutSql = """
        INSERT INTO "Figures" ("StepSeconds", "Start", "Source", "Completed", "Failed", "Retried", "Running", "Backlog", "Handling", "Age", "Processes")
        VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """;

    public static void Merge(LedgerTransaction transaction, TimeSpan step)
    {
        var seconds = (long)step.TotalSeconds;
        for (var steps = 0; steps < MostSteps && Oldest(transaction, seconds, transaction.Now - (long)(step + Late).TotalMilliseconds) is { } start; steps++)
        {
            var sum = FigureRow.Sum(Read(transaction, step, start));
            transaction.Prepare(RemoveSql).Set(1, seconds).Set(2, start).Run();
            transaction.Prepare(PutSql).Set(1, seconds).Set(2, start)
                .Set(3, sum.Completed).Set(4, sum.Failed).Set(5, sum.Retried).Set(6, (long)sum.Running).Set(7, sum.Backlog)
                .Set(8, sum.Handling.ToString()).Set(9, sum.Age.ToString()).Set(10, (long)sum.Processes)
                .Run();
        }
    }

    private static long? Oldest(LedgerTransaction transaction, long seconds, long before)
    {
        var find = transaction.Prepare(FindSql).Set(1, seconds).Set(2, before);
        find.Step();
        var start = find.LongOrNull(0);
        find.Reset();
        return start;
    }

    private static List<FigureRow> Read(LedgerTransaction transaction, TimeSpan step, long start)
    {
        var rows = new List<FigureRow>();
        var read = transaction.Prepare(ReadSql).Set(1, (long)step.TotalSeconds).Set(2, start);
        while (read.Step())
        {
            rows.Add(new FigureRow(
                step, DateTimeOffset.FromUnixTimeMilliseconds(start), Source, read.Long(0), read.Long(1), read.Long(2), read.Int(3), read.LongOrNull(4),
                DurationSpread.Parse(read.Text(5)), DurationSpread.Parse(read.Text(6)), read.Int(7)));
        }
        return rows;
    }
}
