using Consumers.Core;
using Microsoft.EntityFrameworkCore;

namespace Consumers.Ledger;

/// <summary>Learns how replayed tasks ended: from their rows, from the archive when they come back, and for modules without rows from the status that is kept in Redis.</summary>
internal sealed class OperationOutcomes(long operation, OperationParts parts)
{
    /// <summary>How long a task without a row is watched after it was published: nobody says how it ended.</summary>
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(30);

    /// <summary>How long a task of a module with rows may have none: it was published, and waits to be delivered; or it ended so long ago that its row was removed.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private const int Window = 1000;
    private const int StatusWindow = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _after;
    private long? _lookedAt;

    public async Task LearnAsync(OperationRecord now, CancellationToken cancellationToken)
    {
        if (now.Awaited == 0 || (_lookedAt is { } looked && parts.Time.GetElapsedTime(looked) < Interval))
        {
            return;
        }
        _lookedAt = parts.Time.GetTimestamp();
        var awaited = await ReadAsync(cancellationToken);
        _after = awaited.Count < Window ? 0 : awaited[^1].Position;
        var statuses = await StatusesAsync(awaited, cancellationToken);
        var known = awaited.Select(item => (item.Position, Outcome: OutcomeOf(item, statuses))).Where(item => item.Outcome is not null).ToArray();
        if (known.Length > 0)
        {
            await parts.Writer.RunAsync(
                transaction =>
                {
                    var tally = new ItemTally();
                    foreach (var (position, outcome) in known)
                    {
                        if (outcome!.State is { } state)
                        {
                            OperationItemRows.Move(transaction, tally, operation, position, OperationItemState.Published, state, outcome.Error);
                        }
                        else
                        {
                            OperationItemRows.Forget(transaction, tally, operation, position);
                        }
                    }
                    tally.Write(transaction, operation);
                    return true;
                },
                isOutcome: false,
                cancellationToken);
        }
    }

    private async Task<List<AwaitedItem>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var context = parts.Database.CreateDbContext();
        return await context.Database.SqlQuery<AwaitedItem>(
            $"""
            SELECT i."Position", i."TaskId", i."Series", COALESCE(i."At", 0) AS "At", t."Status", t."Series" AS "TaskSeries", t."ErrorMessage" AS "Error",
                   d."Module", d."State" AS "EntryState", d."Series" AS "EntrySeries", d."Error" AS "EntryError", d."ReplayedAs"
            FROM "OperationItems" AS i LEFT JOIN "DeadLetters" AS d ON d."Row" = i."DeadLetterRow" LEFT JOIN "Tasks" AS t ON t."Id" = i."TaskId"
            WHERE i."Operation" = {operation} AND i."Awaited" AND i."Position" > {_after} ORDER BY i."Position" LIMIT {Window}
            """).ToListAsync(cancellationToken);
    }

    private Outcome? OutcomeOf(AwaitedItem item, Dictionary<string, TaskState?> statuses)
    {
        if (item.TaskSeries > item.Series)
        {
            return new Outcome(OperationItemState.FailedAgain, "it failed, and was replayed once more");
        }
        if (item.TaskSeries == item.Series && item.Status == TaskState.Completed.ToWire())
        {
            return Outcome.Succeeded;
        }
        if (item.TaskSeries == item.Series && item.Status == TaskState.Failed.ToWire())
        {
            return new Outcome(OperationItemState.FailedAgain, item.Error);
        }
        // Of an edited one the old entry says nothing.
        if (item.EntryState == DeadLetterState.Dead.ToWire() && item.EntrySeries >= item.Series && item.ReplayedAs is null)
        {
            return new Outcome(OperationItemState.FailedAgain, item.EntryError);
        }
        if (item.TaskId is { } id && statuses.GetValueOrDefault(id) == TaskState.Completed)
        {
            return Outcome.Succeeded;
        }
        var age = parts.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(item.At);
        var patience = item.TaskId is null || !KeepsRows(item.Module) ? Watch : LongestWait;
        return item.Status is null && age.Duration() > patience ? Outcome.Unknown : null;
    }

    /// <summary>Of tasks without a row. One that failed before is FAILED there until it begins again, so only COMPLETED says something.</summary>
    private async Task<Dictionary<string, TaskState?>> StatusesAsync(List<AwaitedItem> awaited, CancellationToken cancellationToken)
    {
        if (parts.Counts is not { } counts)
        {
            return [];
        }
        var ids = awaited.Where(item => item is { Status: null, TaskId: not null } && !KeepsRows(item.Module)).Select(item => item.TaskId!).Distinct().Take(StatusWindow).ToArray();
        try
        {
            var statuses = await Task.WhenAll(ids.Select(async id => (Id: id, Status: await counts.StatusAsync(id, cancellationToken))));
            return statuses.ToDictionary(status => status.Id, status => status.Status, StringComparer.Ordinal);
        }
        catch (FleetUnavailableException)
        {
            return [];
        }
    }

    private bool KeepsRows(string? module) => module is not null && parts.Transport(module) is { KeepsRows: true };

    /// <param name="State">Null: it stays published, and is no longer awaited.</param>
    private sealed record Outcome(OperationItemState? State, string? Error)
    {
        public static readonly Outcome Succeeded = new(OperationItemState.Succeeded, null);
        public static readonly Outcome Unknown = new(null, null);
    }
}

/// <summary>A published item with all that may tell how it ended.</summary>
internal sealed record AwaitedItem(
    long Position, string? TaskId, int Series, long At, string? Status, int? TaskSeries, string? Error, string? Module, string? EntryState, int? EntrySeries, string? EntryError, string? ReplayedAs);
