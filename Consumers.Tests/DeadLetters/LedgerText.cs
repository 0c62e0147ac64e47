using Microsoft.Data.Sqlite;

namespace Consumers.Tests.DeadLetters;

/// <summary>A ledger's file as somebody else reads it.</summary>
internal static class LedgerText
{
    public static string? Read(string path, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }

    /// <summary>The counters that the transactions kept, against the rows themselves.</summary>
    public static void ShouldHaveRightCounts(string path)
    {
        Read(path, """
            SELECT group_concat(o."Id") FROM "Operations" AS o WHERE
                o."Waiting" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'waiting')
                OR o."Claimed" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'claimed')
                OR o."Published" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'published')
                OR o."Awaited" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."Awaited")
                OR o."Succeeded" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'succeeded')
                OR o."FailedAgain" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'failed-again')
                OR o."Discarded" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'discarded')
                OR o."Skipped" <> (SELECT COUNT(*) FROM "OperationItems" AS i WHERE i."Operation" = o."Row" AND i."State" = 'skipped')
            """).ShouldBe("");
        Read(path, """
            SELECT group_concat("Module" || ' ' || "State") FROM "DeadLetterCounters" AS c
            WHERE "Count" <> (SELECT COUNT(*) FROM "DeadLetters" AS d WHERE d."Module" = c."Module" AND d."State" = c."State")
            """).ShouldBe("");
        Read(path, """
            SELECT group_concat("Module" || ' ' || "Status") FROM "Counters" AS c
            WHERE "Count" <> (SELECT COUNT(*) FROM "Tasks" AS t WHERE t."Module" = c."Module" AND t."Status" = c."Status")
            """).ShouldBe("");
    }
}
