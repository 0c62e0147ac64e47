using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Short reads of the archive, each on a connection of its own. None counts rows, none reads a body that it does not show.</summary>
internal sealed class DeadLetterQueries(LedgerDatabase database, TimeProvider time)
{
    public const int MaxPage = 200;

    /// <summary>How many entries one page looks at before it ends without having filled itself; the next goes on there.</summary>
    public const int MaxLooked = 10_000;

    public const int RecentHours = 24;

    private const string CountSql = """SELECT "State", SUM("Count") FROM "DeadLetterCounters" WHERE ?1 IS NULL OR "Module" = ?1 GROUP BY "State" """;

    public async ValueTask<DeadLetterPage> ListAsync(DeadLetterFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        await using var context = database.CreateDbContext();
        var cause = filter.Cause is null ? null : await context.DeadLetterCauses.Where(c => c.Id == filter.Cause).Select(c => (long?)c.Row).FirstOrDefaultAsync(cancellationToken);
        if (filter.Cause is not null && cause is null)
        {
            return new DeadLetterPage([], null);
        }
        var filtered = new FilteredLetters(filter, cause);
        var before = PageCursor.Read(after) ?? long.MaxValue;
        var found = new List<DeadLetterRow>();
        // Below this nobody has looked yet.
        var floor = 0L;
        foreach (var state in filtered.Walks)
        {
            var walk = filtered.Walk(filtered.Matching(context), state, before);
            if (filtered.HasDoubts)
            {
                var looked = await filtered.Walk(context.DeadLetters, state, before).Take(MaxLooked).GroupBy(_ => 1).Select(all => new { Count = all.Count(), Last = all.Min(letter => letter.Seq) }).FirstOrDefaultAsync(cancellationToken);
                if (looked is null)
                {
                    continue;
                }
                floor = looked.Count == MaxLooked ? Math.Max(floor, looked.Last) : floor;
                walk = walk.Where(letter => letter.Seq >= looked.Last);
            }
            found.AddRange(await RowsAsync(context, walk.Take(limit + 1), cancellationToken));
        }
        var matching = found.Where(row => row.Seq >= floor).OrderByDescending(row => row.Seq).ToList();
        return matching.Count > limit
            ? new DeadLetterPage(matching[..limit], PageCursor.Write(matching[limit - 1].Seq))
            : new DeadLetterPage(matching, floor > 0 ? PageCursor.Write(floor) : null);
    }

    public async ValueTask<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        var rows = await RowsAsync(context, context.DeadLetters.Where(letter => letter.Id == id), cancellationToken);
        var body = await context.DeadLetters.Where(letter => letter.Id == id).Select(letter => letter.Body).FirstOrDefaultAsync(cancellationToken);
        return rows is [var row] && body is not null ? new DeadLetterDetails(row, body.Body, ArchivedLetter.ReadHeaders(body.Headers), body.Sha256) : null;
    }

    public async ValueTask<DeadLetterRow?> FindByTaskAsync(string module, string taskId, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        return (await RowsAsync(context, context.DeadLetters.Where(letter => letter.Module == module && letter.TaskId == taskId), cancellationToken)).SingleOrDefault();
    }

    public async ValueTask<IReadOnlyList<DeadLetterCause>> CausesAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        // A module has a thousand at most.
        var causes = await context.DeadLetterCauses
            .Where(cause => (filter.Module == null || cause.Module == filter.Module) && (filter.Type == null || cause.Type == filter.Type)
                && (filter.Reason == null || cause.Reason == filter.Reason) && (filter.Cause == null || cause.Id == filter.Cause))
            .Where(cause => filter.State == DeadLetterState.Dead ? cause.Dead > 0
                : filter.State == DeadLetterState.Replayed ? cause.Replayed > 0
                : filter.State == DeadLetterState.Discarded ? cause.Discarded > 0
                : cause.Dead + cause.Replayed + cause.Discarded > 0)
            .OrderByDescending(cause => cause.Dead).ThenByDescending(cause => cause.LastAt).ThenBy(cause => cause.Row)
            .Take(Math.Clamp(limit, 1, MaxPage))
            .ToListAsync(cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() / CauseRows.MillisecondsAnHour;
        var rows = causes.Select(cause => cause.Row).ToList();
        var hours = await context.DeadLetterCauseHours.Where(hour => rows.Contains(hour.Cause) && hour.Hour > now - RecentHours && hour.Hour <= now).ToListAsync(cancellationToken);
        var recent = hours.ToLookup(hour => hour.Cause);
        return [.. causes.Select(cause => ToCause(cause, recent[cause.Row], now))];
    }

    public ValueTask<IReadOnlyDictionary<DeadLetterState, long>> CountAsync(string? module, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<DeadLetterState, long>>(database.Read(connection =>
        {
            var counts = Enum.GetValues<DeadLetterState>().ToDictionary(state => state, _ => 0L);
            var read = connection.Prepare(CountSql).Set(1, module);
            while (read.Step())
            {
                counts[DeadLetterStateConverter.Read(read.Text(0))] = read.Long(1);
            }
            return counts;
        }));

    private static async Task<List<DeadLetterRow>> RowsAsync(LedgerContext context, IQueryable<DeadLetterRecord> letters, CancellationToken cancellationToken)
    {
        var rows = await letters
            .Select(letter => new { Letter = letter, Cause = context.DeadLetterCauses.Where(cause => cause.Row == letter.Cause).Select(cause => cause.Id).FirstOrDefault() })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => ToRow(row.Letter, row.Cause!));
    }

    private static DeadLetterRow ToRow(DeadLetterRecord letter, string cause) => new(
        letter.Id, letter.Seq, letter.Module, letter.Source, letter.Origin, letter.TaskId, letter.Type, letter.Key, letter.Series, letter.Reason, cause, letter.Error, letter.Attempts,
        letter.Times, letter.FirstFailureAt, letter.DeadAt, letter.ConsumerId, letter.BodyBytes, letter.State, letter.ReplayedAs, letter.Operation);

    private static DeadLetterCause ToCause(DeadLetterCauseRecord cause, IEnumerable<DeadLetterCauseHourRecord> hours, long now)
    {
        var recent = new int[RecentHours];
        foreach (var hour in hours)
        {
            recent[hour.Hour - now + RecentHours - 1] = (int)Math.Min(hour.Count, int.MaxValue);
        }
        return new DeadLetterCause(
            cause.Id, cause.Module, cause.Type, cause.Reason, cause.Error, cause.Place, cause.Dead, cause.Replayed, cause.Discarded, cause.FirstAt, cause.LastAt, recent);
    }
}
