using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>The figures as rows: a process replaces its own and touches no other's, so writing one twice changes nothing. Of what is long ago one row stays: <see cref="MergedFigures"/>.</summary>
internal sealed class FigureStore(LedgerWriter writer, LedgerDatabase database) : IFigureStore
{
    /// <summary>What comes when its step is merged already is given up: nobody could tell whether it is in there.</summary>
    private const string PutSql = """
        INSERT INTO "Figures" ("StepSeconds", "Start", "Source", "Completed", "Failed", "Retried", "Running", "Backlog", "Handling", "Age")
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE NOT EXISTS (SELECT 1 FROM "Figures" WHERE "StepSeconds" = ?1 AND "Start" = ?2 AND "Source" = '')
        ON CONFLICT ("StepSeconds", "Start", "Source") DO UPDATE SET "Completed" = excluded."Completed", "Failed" = excluded."Failed", "Retried" = excluded."Retried",
            "Running" = excluded."Running", "Backlog" = excluded."Backlog", "Handling" = excluded."Handling", "Age" = excluded."Age"
        """;

    private const string ReadSql = """
        SELECT "Start", "Source", "Completed", "Failed", "Retried", "Running", "Backlog", "Handling", "Age", "Processes" FROM "Figures" WHERE "StepSeconds" = ?1 AND "Start" >= ?2
        """;

    /// <summary>What lies as far in the future was written before somebody set the clock back.</summary>
    private const string PruneSql = """DELETE FROM "Figures" WHERE "StepSeconds" = ?1 AND ("Start" < ?2 OR "Start" > ?3)""";

    public async ValueTask WriteAsync(IReadOnlyList<FigureRow> rows, IReadOnlyDictionary<TimeSpan, TimeSpan> keep, CancellationToken cancellationToken) =>
        await writer.RunAsync(
            transaction =>
            {
                foreach (var row in rows)
                {
                    Put(transaction, row);
                }
                foreach (var (step, time) in keep)
                {
                    var kept = (long)time.TotalMilliseconds;
                    transaction.Prepare(PruneSql).Set(1, Seconds(step)).Set(2, transaction.Now - kept).Set(3, transaction.Now + kept).Run();
                    MergedFigures.Merge(transaction, step);
                }
                return true;
            },
            isOutcome: false,
            cancellationToken);

    public ValueTask<IReadOnlyList<FigureRow>> ReadAsync(TimeSpan step, DateTimeOffset from, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<FigureRow>>(database.Read(connection =>
        {
            var rows = new List<FigureRow>();
            var read = connection.Prepare(ReadSql).Set(1, Seconds(step)).Set(2, from.ToUnixTimeMilliseconds());
            while (read.Step())
            {
                rows.Add(new FigureRow(
                    step, DateTimeOffset.FromUnixTimeMilliseconds(read.Long(0)), read.Text(1), read.Long(2), read.Long(3), read.Long(4), read.Int(5), read.LongOrNull(6),
                    DurationSpread.Parse(read.Text(7)), DurationSpread.Parse(read.Text(8)), read.Int(9)));
            }
            return rows;
        }));

    private static void Put(LedgerTransaction transaction, FigureRow row) => transaction.Prepare(PutSql)
        .Set(1, Seconds(row.Step)).Set(2, row.Start.ToUnixTimeMilliseconds()).Set(3, row.Source)
        .Set(4, row.Completed).Set(5, row.Failed).Set(6, row.Retried).Set(7, (long)row.Running).Set(8, row.Backlog)
        .Set(9, row.Handling.ToString()).Set(10, row.Age.ToString())
        .Run();

    private static long Seconds(TimeSpan step) => (long)step.TotalSeconds;
}
