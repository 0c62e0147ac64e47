using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Reads what no broker has confirmed.</summary>
internal static class UnpublishedRows
{
    // By the index on what is unpublished. A row from the future is from before the clock was put back, and as old as any.
    private const string FindSql = """
        SELECT t."Id", t."Type", b."Payload", t."Status", t."Attempt", t."MaxRetries", t."Key", t."CreatedAt", t."AcceptedIn", b."Unknown", t."Series"
        FROM "Tasks" AS t LEFT JOIN "TaskBodies" AS b ON b."TaskRow" = t."Row"
        WHERE t."AwaitsPublishing" AND t."Module" = ?1 AND (t."EnqueuedAt" <= ?2 OR t."EnqueuedAt" > ?3)
        ORDER BY t."EnqueuedAt", t."Row" LIMIT ?4
        """;

    /// <param name="before">In milliseconds since 1970, as <paramref name="soon"/>: enqueued until then.</param>
    /// <param name="soon">Or after that.</param>
    public static List<UnpublishedTask> Find(LedgerConnection connection, string module, long before, long soon, int limit)
    {
        var found = new List<UnpublishedTask>();
        var read = connection.Prepare(FindSql).Set(1, module).Set(2, before).Set(3, soon).Set(4, limit);
        while (read.Step())
        {
            found.Add(new UnpublishedTask(ToMessage(read), read.Int(10)));
        }
        return found;
    }

    private static TaskMessage ToMessage(Statement row) => new()
    {
        Id = row.Text(0),
        Type = row.Text(1),
        Payload = row.Blob(2).ToArray(),
        // A running attempt that has to be delivered again is the same attempt.
        RetryCount = StateConverter.Read(row.Text(3)) == TaskState.Processing ? row.Int(4) - 1 : row.Int(4),
        MaxRetries = row.Int(5),
        Key = row.TextOrNull(6),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Long(7)),
        AcceptedIn = row.TextOrNull(8),
        Unknown = row.TextOrNull(9) is { } unknown ? JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(unknown) : null,
    };
}
