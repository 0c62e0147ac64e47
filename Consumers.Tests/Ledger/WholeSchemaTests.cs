using System.Text;
using Consumers.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

/// <summary><c>Schema/ledger.sql</c> and the migrations, which say the same.</summary>
public sealed class WholeSchemaTests
{
    private static readonly string File = Path.Combine(RepositoryRoot.Path, "Consumers.Ledger", "Schema", "ledger.sql");

    [Fact]
    public async Task The_script_is_what_the_migrations_make()
    {
        var made = await ScriptOfMigrationsAsync();
        if (Environment.GetEnvironmentVariable("WEEK7_WRITE_LEDGER_SCHEMA") is not null)
        {
            await System.IO.File.WriteAllTextAsync(File, made);
        }

        (await System.IO.File.ReadAllTextAsync(File)).ShouldBe(made, "the migrations have changed: run scripts/ledger-schema.sh and commit what it writes");
    }

    [Fact]
    public async Task A_new_ledger_has_the_schema_and_the_history_that_EF_would_have_made()
    {
        await using var ledger = new TestLedger();
        await ledger.StartAsync();
        await using var migrated = new TestLedger();
        await MigrateAsync(migrated, null);

        ledger.Read("PRAGMA journal_mode").ShouldBe("wal");
        Contents(ledger).ShouldBe(Contents(migrated));
        await using var context = migrated.Migrating();
        WholeSchema.Migrations.ShouldBe(context.Database.GetMigrations());
    }

    [Fact]
    public async Task Nothing_is_pending_for_EF_in_a_new_ledger()
    {
        await using var ledger = new TestLedger();
        await ledger.StartAsync();
        var before = Contents(ledger);

        await MigrateAsync(ledger, null);

        Contents(ledger).ShouldBe(before);
    }

    [Fact]
    public async Task A_ledger_that_stopped_at_any_migration_is_completed_by_the_next_start()
    {
        await using var whole = new TestLedger();
        await whole.StartAsync();
        foreach (var last in WholeSchema.Migrations)
        {
            await using var ledger = new TestLedger();
            await MigrateAsync(ledger, last);

            await ledger.StartAsync();

            Contents(ledger).ShouldBe(Contents(whole), $"after {last}");
        }
    }

    [Fact]
    public async Task A_file_that_a_killed_start_left_empty_is_made_whole()
    {
        await using var ledger = new TestLedger();
        Directory.CreateDirectory(Path.GetDirectoryName(ledger.Path)!);
        ledger.Read("PRAGMA journal_mode=wal");

        var instance = await ledger.StartAsync();

        await instance.BegunAsync("t");
    }

    private static async Task MigrateAsync(TestLedger ledger, string? last)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(ledger.Path)!);
        await using var context = ledger.Migrating();
        await context.GetService<IMigrator>().MigrateAsync(last);
    }

    private static async Task<string> ScriptOfMigrationsAsync()
    {
        await using var ledger = new TestLedger();
        await MigrateAsync(ledger, null);
        using var migrated = ledger.OpenForeign();
        // Rows that migrations write would have to be in the script as well.
        foreach (var table in Column(migrated, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '__EF%'"))
        {
            TestLedger.Run(migrated, $"SELECT COUNT(*) FROM \"{table}\"").ShouldBe("0", table);
        }
        var script = new StringBuilder("-- What all migrations make, written by scripts/ledger-schema.sh. Not to be edited.\n");
        foreach (var statement in Column(migrated, $"SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name <> '{LedgerSchema.LockTable}' ORDER BY rowid"))
        {
            script.Append(statement).Append(";\n");
        }
        foreach (var note in Column(migrated, $"SELECT quote(MigrationId) || ', ' || quote(ProductVersion) FROM {LedgerSchema.HistoryTable} ORDER BY MigrationId"))
        {
            script.Append($"INSERT INTO \"{LedgerSchema.HistoryTable}\" VALUES ({note});\n");
        }
        return script.ToString();
    }

    /// <summary>All that the file says of itself, but EF's lock, which the next start removes.</summary>
    private static List<string> Contents(TestLedger ledger)
    {
        using var connection = ledger.OpenForeign();
        return
        [
            .. Column(connection, $"SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE name <> '{LedgerSchema.LockTable}' ORDER BY 1"),
            .. Column(connection, $"SELECT MigrationId || ' ' || ProductVersion FROM {LedgerSchema.HistoryTable} ORDER BY 1"),
            .. Column(connection, "PRAGMA user_version"),
            .. Column(connection, "PRAGMA application_id"),
            .. Column(connection, "PRAGMA page_size"),
            .. Column(connection, "PRAGMA auto_vacuum"),
            .. Column(connection, "PRAGMA encoding"),
        ];
    }

    private static List<string> Column(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetValue(0).ToString()!);
        }
        return values;
    }
}
