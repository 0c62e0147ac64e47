using System.Text;
using System.Text.Json;
using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Reads and inserts tasks inside the writer's transaction.</summary>
internal static class TaskRows
{
    private const string FindSql = """
        SELECT "Row", "Module", "Type", "Status", "RetryCount", "MaxRetries", "Series", "Attempt", "Epoch", "Seq", "WorkerId", "Owner",
               "ChangedAt", "DueAt", "DeadReason", "ErrorMessage", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed", "StartTime", "TraceId"
        FROM "Tasks" WHERE "Id" = ?1
        """;

    private const string InsertSql = """
        INSERT INTO "Tasks" ("Id", "Module", "Type", "Key", "Status", "RetryCount", "MaxRetries", "Series", "Attempt", "CreatedAt", "ChangedAt", "AwaitsPublishing", "EnqueuedAt",
                             "AcceptedIn", "Epoch", "Seq", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed")
        VALUES (?1, ?2, ?3, ?4, 'QUEUED', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, 0, 0, 0, 0)
        """;

    // Written as it is after its begin: inserted as QUEUED first, every index with the status in it would change twice.
    private const string InsertBegunSql = """
        INSERT INTO "Tasks" ("Id", "Module", "Type", "Key", "Status", "RetryCount", "MaxRetries", "Series", "Attempt", "CreatedAt", "ChangedAt", "StartTime", "AwaitsPublishing",
                             "AcceptedIn", "WorkerId", "Owner", "Epoch", "Seq", "SharedDeaths", "SolitaryDeaths", "Solitary", "Owed", "TraceId")
        VALUES (?1, ?2, ?3, ?4, 'PROCESSING', ?5, ?6, ?7, ?8, ?9, ?10, ?10, 0, ?11, ?12, ?13, 1, 1, 0, 0, ?14, 0, ?15)
        """;

    private const string PayloadSql = """SELECT "Payload" FROM "TaskBodies" WHERE "TaskRow" = ?1""";

    private const string InsertBodySql = """INSERT INTO "TaskBodies" ("TaskRow", "Payload", "Unknown") VALUES (?1, ?2, ?3)""";

    private const string RaiseSql = """
        UPDATE "Tasks" SET "Status" = 'QUEUED', "Series" = ?2, "Attempt" = 0, "RetryCount" = 0, "Seq" = "Seq" + 1, "ChangedAt" = ?3, "StartTime" = NULL, "CompletedTime" = NULL,
               "DueAt" = NULL, "Tier" = NULL, "DeadReason" = NULL, "ErrorMessage" = NULL, "WorkerId" = NULL, "Owner" = NULL, "SharedDeaths" = 0, "SolitaryDeaths" = 0, "Solitary" = 0,
               "Owed" = 0, "AwaitsPublishing" = 0
        WHERE "Row" = ?1
        """;

    /// <summary>
    /// Queues a dead-lettered task in another series, so that a replay of it runs: what a message claims never raises one. Most have failed; one that the broker itself dead-lettered may
    /// seem to wait, and whatever is left of that wait runs no more.
    /// </summary>
    public static SeriesRaise Raise(LedgerTransaction transaction, OwnerJudge judge, string id, int series)
    {
        if (Find(transaction, id) is not { } row)
        {
            return SeriesRaise.Unknown;
        }
        if (row.Series >= series)
        {
            return SeriesRaise.Raised;
        }
        if (row.State == TaskState.Completed || (row.State == TaskState.Processing && judge.Judge(transaction, row.Owner) == OwnerLife.Alive))
        {
            return SeriesRaise.Refused;
        }
        if (row.State == TaskState.Processing)
        {
            AttemptRows.Close(transaction, row, AttemptOutcomes.Died);
        }
        transaction.Prepare(RaiseSql).Set(1, row.Row).Set(2, series).Set(3, transaction.Now).Run();
        transaction.Move(row.Module, row.State, TaskState.Queued);
        return SeriesRaise.Raised;
    }

    /// <summary>Whether the row is of this very task: ids come from outside, and two producers may choose the same one.</summary>
    public static bool IsOf(LedgerTransaction transaction, TaskSnapshot row, TaskMessage message)
    {
        if (row.Type != message.Type)
        {
            return false;
        }
        var body = transaction.Prepare(PayloadSql).Set(1, row.Row);
        var isSame = body.Step() && body.Blob(0).SequenceEqual(message.Payload.Span);
        body.Reset();
        return isSame;
    }

    public static TaskSnapshot? Find(LedgerTransaction transaction, string id)
    {
        var find = transaction.Prepare(FindSql).Set(1, id);
        if (!find.Step())
        {
            return null;
        }
        var row = new TaskSnapshot
        {
            Id = id,
            Row = find.Long(0),
            Module = find.Text(1),
            Type = find.Text(2),
            State = StateConverter.Read(find.Text(3)),
            RetryCount = find.Int(4),
            MaxRetries = find.Int(5),
            Series = find.Int(6),
            Attempt = find.Int(7),
            Epoch = find.Long(8),
            Seq = find.Long(9),
            WorkerId = find.TextOrNull(10),
            Owner = find.TextOrNull(11),
            ChangedAt = find.Long(12),
            DueAt = find.LongOrNull(13),
            DeadReason = DeadReasonNames.FromWire(find.TextOrNull(14)),
            Error = find.TextOrNull(15),
            SharedDeaths = find.Int(16),
            SolitaryDeaths = find.Int(17),
            Solitary = find.Bool(18),
            Owed = find.Bool(19),
            StartTime = find.LongOrNull(20),
            TraceId = find.TextOrNull(21),
        };
        find.Reset();
        return row;
    }

    /// <summary>Inserts a QUEUED task that no attempt of this ledger has seen.</summary>
    /// <param name="attemptsBefore">As the message says.</param>
    public static TaskSnapshot Insert(LedgerTransaction transaction, string module, TaskMessage message, int series, int attemptsBefore, bool awaitsPublishing)
    {
        var insert = transaction.Prepare(InsertSql)
            .Set(1, message.Id)
            .Set(2, module)
            .Set(3, message.Type)
            .Set(4, message.Key)
            .Set(5, message.RetryCount)
            .Set(6, message.MaxRetries)
            .Set(7, series)
            .Set(8, attemptsBefore)
            .Set(9, message.CreatedAt?.ToUnixTimeMilliseconds() ?? transaction.Now)
            .Set(10, transaction.Now)
            .Set(11, awaitsPublishing)
            .Set(12, awaitsPublishing ? transaction.Now : null)
            .Set(13, message.AcceptedIn);
        var row = insert.Insert();
        InsertBody(transaction, row, message);
        transaction.Move(module, null, TaskState.Queued);
        return new TaskSnapshot
        {
            Row = row,
            Id = message.Id,
            Module = module,
            Type = message.Type,
            State = TaskState.Queued,
            RetryCount = message.RetryCount,
            MaxRetries = message.MaxRetries,
            Series = series,
            Attempt = attemptsBefore,
            ChangedAt = transaction.Now,
        };
    }

    /// <summary>Inserts a task that no attempt of this ledger has seen, and begins one of it.</summary>
    public static AttemptBegin.Begun InsertBegun(LedgerTransaction transaction, AttemptRequest request, BeginVerdict.Begin verdict, InstanceIdentity worker)
    {
        var message = request.Message;
        var row = transaction.Prepare(InsertBegunSql)
            .Set(1, message.Id)
            .Set(2, request.Module)
            .Set(3, message.Type)
            .Set(4, message.Key)
            .Set(5, verdict.Attempt - 1)
            .Set(6, message.MaxRetries)
            .Set(7, verdict.Series)
            .Set(8, verdict.Attempt)
            .Set(9, message.CreatedAt?.ToUnixTimeMilliseconds() ?? transaction.Now)
            .Set(10, transaction.Now)
            .Set(11, message.AcceptedIn)
            .Set(12, worker.Name)
            .Set(13, worker.RunId)
            .Set(14, request.Solitary)
            .Set(15, request.TraceId)
            .Insert();
        InsertBody(transaction, row, message);
        transaction.Move(request.Module, null, TaskState.Processing);
        return new AttemptBegin.Begun(new AttemptKey(message.Id, verdict.Series, verdict.Attempt), 1, 1, Ticket: new BegunAttempt(row, request.Module, transaction.Now, request.TraceId));
    }

    private static void InsertBody(LedgerTransaction transaction, long row, TaskMessage message) =>
        transaction.Prepare(InsertBodySql).Set(1, row).Set(2, message.Payload.Span).Set(3, Unknown(message)).Run();

    private static string? Unknown(TaskMessage message)
    {
        if (message.Unknown is not { Count: > 0 } members)
        {
            return null;
        }
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
