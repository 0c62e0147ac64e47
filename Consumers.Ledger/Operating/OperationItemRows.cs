using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Freezes the set of an operation, and moves its items, inside the writer's transaction.</summary>
internal static class OperationItemRows
{
    private const string NextSql = """
        SELECT i."Position", i."DeadLetterRow", i."TaskId", d."Module", d."Type", d."TaskId", d."Series"
        FROM "OperationItems" AS i LEFT JOIN "DeadLetters" AS d ON d."Row" = i."DeadLetterRow"
        WHERE i."Operation" = ?1 AND i."State" = 'waiting' ORDER BY i."Position" LIMIT ?2
        """;

    private const string MoveSql = """
        UPDATE "OperationItems" SET "State" = ?4, "Awaited" = ?5, "At" = ?6, "Error" = ?7, "Series" = COALESCE(?8, "Series"), "TaskId" = COALESCE(?9, "TaskId")
        WHERE "Operation" = ?1 AND "Position" = ?2 AND "State" = ?3
        """;

    private const string ForgetSql = """UPDATE "OperationItems" SET "Awaited" = 0 WHERE "Operation" = ?1 AND "Position" = ?2 AND "Awaited" """;

    private const string GiveUpSql = """
        UPDATE "OperationItems" SET "State" = 'skipped', "At" = ?2, "Error" = ?3
        WHERE "Operation" = ?1 AND "Position" IN (SELECT "Position" FROM "OperationItems" WHERE "Operation" = ?1 AND "State" = 'waiting' ORDER BY "Position" LIMIT ?4)
        """;

    private const string InsertOneSql = """
        INSERT INTO "OperationItems" ("Operation", "Position", "DeadLetterRow", "State", "TaskId", "Awaited") VALUES (?1, 1, ?2, 'waiting', ?3, 0)
        """;

    private const string ReplayedSql = """
        SELECT "Operation", "Position", "State" FROM "OperationItems" WHERE "TaskId" = ?1 AND "State" IN ('claimed', 'published') AND "Series" <= ?2
        """;

    /// <summary>All entries of the choice that nobody has in his hands, the oldest first. Returns how many.</summary>
    public static int Freeze(LedgerTransaction transaction, long operation, DeadLetterChoice choice) => choice.Bind(
        transaction.Prepare($"""
            INSERT INTO "OperationItems" ("Operation", "Position", "DeadLetterRow", "State", "Awaited")
            SELECT ?1, ROW_NUMBER() OVER (ORDER BY d."Seq"), d."Row", 'waiting', 0 FROM "DeadLetters" AS d WHERE {choice.Where} AND NOT {DeadLetterChoice.IsBusy}
            """).Set(1, operation),
        first: 2).Run();

    /// <summary>One entry, to be replayed as another task.</summary>
    public static void InsertEdited(LedgerTransaction transaction, long operation, long deadLetter, string taskId) =>
        transaction.Prepare(InsertOneSql).Set(1, operation).Set(2, deadLetter).Set(3, taskId).Run();

    public static List<WaitingItem> Next(LedgerTransaction transaction, long operation, int limit)
    {
        var items = new List<WaitingItem>();
        var find = transaction.Prepare(NextSql).Set(1, operation).Set(2, limit);
        while (find.Step())
        {
            items.Add(new WaitingItem(find.Long(0), find.Long(1), find.TextOrNull(2), find.TextOrNull(3), find.TextOrNull(4), find.TextOrNull(5), find.Int(6)));
        }
        return items;
    }

    /// <summary>A replayed task is dead again: whoever replayed it hears of it, though it may not be waiting for that any more.</summary>
    /// <param name="series">That it failed in.</param>
    public static void FailAgain(LedgerTransaction transaction, string taskId, int series, string error)
    {
        var items = new List<(long Operation, long Position, OperationItemState State)>();
        var find = transaction.Prepare(ReplayedSql).Set(1, taskId).Set(2, series);
        while (find.Step())
        {
            items.Add((find.Long(0), find.Long(1), OperationItemStateConverter.Read(find.Text(2))));
        }
        foreach (var (operation, position, state) in items)
        {
            var tally = new ItemTally();
            Move(transaction, tally, operation, position, state, OperationItemState.FailedAgain, error);
            tally.Write(transaction, operation);
        }
    }

    /// <summary>False when the item is not in that state: then nothing is changed.</summary>
    public static bool Move(
        LedgerTransaction transaction, ItemTally tally, long operation, long position, OperationItemState from, OperationItemState to,
        string? error = null, int? series = null, string? taskId = null)
    {
        var awaits = to == OperationItemState.Published;
        if (from == OperationItemState.Published)
        {
            Forget(transaction, tally, operation, position);
        }
        var moved = transaction.Prepare(MoveSql)
            .Set(1, operation).Set(2, position).Set(3, from.ToWire()).Set(4, to.ToWire()).Set(5, awaits).Set(6, transaction.Now).Set(7, error).Set(8, (long?)series).Set(9, taskId)
            .Run() == 1;
        if (moved)
        {
            tally.Move(from, to);
            tally.Await(awaits ? 1 : 0);
        }
        return moved;
    }

    /// <summary>It stays published: nothing more will become known.</summary>
    public static void Forget(LedgerTransaction transaction, ItemTally tally, long operation, long position) =>
        tally.Await(-transaction.Prepare(ForgetSql).Set(1, operation).Set(2, position).Run());

    /// <summary>Lets go of items that wait. Returns how many.</summary>
    public static int GiveUp(LedgerTransaction transaction, ItemTally tally, long operation, string why, int limit)
    {
        var count = transaction.Prepare(GiveUpSql).Set(1, operation).Set(2, transaction.Now).Set(3, why).Set(4, limit).Run();
        tally.Move(OperationItemState.Waiting, OperationItemState.Skipped, count);
        return count;
    }
}

/// <param name="NewTaskId">Of an edited replay; null for one as it was.</param>
/// <param name="Module">Null when the entry is gone.</param>
internal readonly record struct WaitingItem(long Position, long DeadLetterRow, string? NewTaskId, string? Module, string? Type, string? TaskId, int Series);
