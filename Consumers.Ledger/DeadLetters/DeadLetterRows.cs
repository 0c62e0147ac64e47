using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>Changes of entries, inside the writer's transaction. The counters of the module and of the cause follow.</summary>
internal static class DeadLetterRows
{
    private const string MoveSql = """
        UPDATE "DeadLetters" SET "State" = ?3, "ChangedAt" = ?4, "Operation" = COALESCE(?5, "Operation"), "ReplayedAs" = COALESCE(?6, "ReplayedAs")
        WHERE "Row" = ?1 AND "State" = ?2 RETURNING "Module", "Cause"
        """;

    private const string NextSeqSql = """
        INSERT INTO "Sequences" ("Name", "Last") VALUES ('dead-letters', 1)
        ON CONFLICT ("Name") DO UPDATE SET "Last" = "Last" + 1 RETURNING "Last"
        """;

    /// <summary>Moves an entry from one state to another. False when it is not in <paramref name="from"/>: then nothing is changed.</summary>
    /// <param name="operation">Who takes it up; null leaves what stands there, as does a null <paramref name="replayedAs"/>.</param>
    public static bool Move(LedgerTransaction transaction, long row, DeadLetterState from, DeadLetterState to, string? operation = null, string? replayedAs = null)
    {
        var move = transaction.Prepare(MoveSql).Set(1, row).Set(2, from.ToWire()).Set(3, to.ToWire()).Set(4, transaction.Now).Set(5, operation).Set(6, replayedAs);
        if (!move.Step())
        {
            return false;
        }
        transaction.DeadLetters.Move(move.Text(0), move.Long(1), from, to);
        move.Run();
        return true;
    }

    /// <summary>The next number of the archive.</summary>
    internal static long NextSeq(LedgerTransaction transaction)
    {
        var next = transaction.Prepare(NextSeqSql);
        next.Step();
        var seq = next.Long(0);
        next.Run();
        return seq;
    }
}
