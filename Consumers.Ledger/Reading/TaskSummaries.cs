using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>
/// Walks through all rows a window at a time: the database adds up, and what comes back is added to the sums. One statement a window, so that
/// a task and its attempts are seen at one moment; many short ones, because a long read would keep the write-ahead log from being reset.
/// </summary>
internal sealed class TaskSummaries(IDbContextFactory<LedgerContext> contexts) : ITaskSummaries
{
    /// <summary>Types come from messages: what is beyond this many groups is counted as <see cref="TaskSummary.OtherTypes"/>.</summary>
    internal int MaxGroups { get; init; } = 10_000;

    /// <summary>Rows of tasks a statement.</summary>
    internal int Window { get; init; } = 4000;

    public async ValueTask<IReadOnlyList<TaskSummary>> SummarizeAsync(DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var since = from?.ToUnixTimeMilliseconds() ?? long.MinValue;
        var until = to?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        var groups = new Dictionary<(string Module, string Type, string Status), SummaryTally>();
        await using var context = contexts.CreateDbContext();
        var row = await context.Tasks.OrderBy(task => task.Row).Select(task => task.Row).FirstOrDefaultAsync(cancellationToken);
        var last = await context.Tasks.OrderByDescending(task => task.Row).Select(task => task.Row).FirstOrDefaultAsync(cancellationToken);
        for (; row > 0 && row <= last; row += Window)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var part in await Parts(context, row, Math.Min(row + Window, last + 1), since, until).ToListAsync(cancellationToken))
            {
                TallyOf(groups, part).Add(part);
            }
        }
        return
        [
            .. groups.OrderBy(group => group.Key.Module, StringComparer.Ordinal).ThenBy(group => group.Key.Type, StringComparer.Ordinal).ThenBy(group => StateConverter.Read(group.Key.Status))
                .Select(group => group.Value.ToSummary(group.Key.Module, group.Key.Type, StateConverter.Read(group.Key.Status))),
        ];
    }

    private SummaryTally TallyOf(Dictionary<(string Module, string Type, string Status), SummaryTally> groups, SummaryPart part)
    {
        var key = (part.Module, part.Type, part.Status);
        if (!groups.ContainsKey(key) && groups.Count >= MaxGroups)
        {
            key.Type = TaskSummary.OtherTypes;
        }
        if (!groups.TryGetValue(key, out var tally))
        {
            groups[key] = tally = new SummaryTally();
        }
        return tally;
    }

    /// <summary>The tasks of a window by group, and its attempts by group and duration. Durations keep three figures, so that a window has few of them however many attempts it has.</summary>
    internal static IQueryable<SummaryPart> Parts(LedgerContext context, long first, long end, long since, long until) => context.Database.SqlQuery<SummaryPart>(
        $"""
        SELECT "Module", "Type", "Status", -1 AS "Ms", COUNT(*) AS "Count", 0 AS "TotalMs", 0 AS "Retries"
        FROM "Tasks" WHERE "Row" >= {first} AND "Row" < {end} AND "CreatedAt" >= {since} AND "CreatedAt" < {until}
        GROUP BY "Module", "Type", "Status"
        UNION ALL
        SELECT "Module", "Type", "Status", "Ms", COUNT(*), CAST(SUM("Took") AS BIGINT), CAST(SUM("Retry") AS BIGINT)
        FROM (
            SELECT "Module", "Type", "Status", "Took", "Retry", CASE
                WHEN "Took" < 1000 THEN "Took"
                WHEN "Took" < 10000 THEN "Took" / 10 * 10
                WHEN "Took" < 100000 THEN "Took" / 100 * 100
                WHEN "Took" < 1000000 THEN "Took" / 1000 * 1000
                WHEN "Took" < 10000000 THEN "Took" / 10000 * 10000
                ELSE "Took" / 100000 * 100000 END AS "Ms"
            FROM (
                SELECT t."Module", t."Type", t."Status",
                    CASE WHEN a."EndedAt" > a."StartedAt" THEN a."EndedAt" - a."StartedAt" ELSE 0 END AS "Took",
                    CASE WHEN a."DueAt" IS NULL THEN 0 ELSE 1 END AS "Retry"
                FROM "Tasks" AS t JOIN "Attempts" AS a ON a."TaskRow" = t."Row"
                WHERE t."Row" >= {first} AND t."Row" < {end} AND t."CreatedAt" >= {since} AND t."CreatedAt" < {until}
                    AND a."Outcome" IS NOT NULL AND a."EndedAt" IS NOT NULL AND a."Outcome" <> {AttemptOutcomes.HandedBack} AND a."Outcome" <> {AttemptOutcomes.Died}
            ) AS ended
        ) AS rounded
        GROUP BY "Module", "Type", "Status", "Ms"
        """);
}
