using Consumers.Core;
using Consumers.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Shouldly;
using Xunit;

namespace Consumers.Tests.Ledger;

public sealed class SchemaTests
{
    [Fact]
    public async Task The_model_is_what_the_migrations_make()
    {
        await using var ledger = new TestLedger();
        var instance = await ledger.StartAsync();
        using var created = new SqliteConnection("Data Source=:memory:");
        created.Open();
        await using (var context = instance.Database.CreateDbContext())
        {
            TestLedger.Run(created, context.Database.GenerateCreateScript());
        }
        using var migrated = ledger.OpenForeign();

        var expected = Describe(created);
        expected.Length.ShouldBeGreaterThan(60);
        Describe(migrated).Except(expected).ShouldBeEmpty();
        expected.Except(Describe(migrated)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await using var ledger = new TestLedger();
        await ledger.StartAsync();
        ledger.Read("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_Future', '99.0.0')");

        var refusal = await Should.ThrowAsync<LedgerUnusableException>(() => ledger.StartAsync("older"));

        refusal.Message.ShouldContain(ledger.Path);
        refusal.Message.ShouldContain("written by a newer version: it has the migration 29990101000000_Future");
    }

    [Fact]
    public async Task A_lock_row_that_a_killed_migration_left_does_not_stop_the_start()
    {
        await using var ledger = new TestLedger();
        await ledger.StartAsync();
        ledger.Read("DELETE FROM __EFMigrationsHistory; DROP TABLE Attempts; DROP TABLE TaskBodies; DROP TABLE Tasks; DROP TABLE Counters; DROP TABLE Instances; DROP TABLE Pauses; DROP TABLE Audit; DROP TABLE DeadLetterBodies; DROP TABLE DeadLetters; DROP TABLE DeadLetterCauseHours; DROP TABLE DeadLetterCauses; DROP TABLE DeadLetterCounters; DROP TABLE Sequences; DROP TABLE OperationItems; DROP TABLE Operations; DROP TABLE Figures; DROP TABLE Receipts;");
        ledger.Read("CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER NOT NULL PRIMARY KEY, Timestamp TEXT NOT NULL)");
        ledger.Read("INSERT OR REPLACE INTO __EFMigrationsLock VALUES (1, '2026-01-01 00:00:00')");

        var instance = await ledger.StartAsync("after");

        await instance.BegunAsync("t");
    }

    [Fact]
    public async Task Instances_that_start_together_migrate_once()
    {
        await using var ledger = new TestLedger();

        var instances = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => ledger.StartAsync($"consumer-{i}", TimeProvider.System))));

        await Task.WhenAll(instances.Select((instance, i) => instance.BegunAsync($"t{i}")));
        ledger.Read("SELECT group_concat(MigrationId, ' ') FROM (SELECT MigrationId FROM __EFMigrationsHistory ORDER BY 1)").ShouldBe("20261121000000_Initial 20261121000001_Pauses 20261121000002_DeadLetters 20261121000003_Operations 20261121000004_Receipts 20261121000005_Figures 20261121000006_Looks 20261121000007_Traces 20261201000008_Running");
    }

    [Fact]
    public async Task A_ledger_of_the_first_schema_is_migrated_with_what_is_in_it()
    {
        await using var ledger = new TestLedger();
        Directory.CreateDirectory(Path.GetDirectoryName(ledger.Path)!);
        await using (var context = ledger.Migrating())
        {
            await context.GetService<IMigrator>().MigrateAsync("20261121000000_Initial");
        }
        ledger.Read("INSERT INTO Tasks (Id, Module, Type, Status, RetryCount, MaxRetries, Series, Attempt, Epoch, Seq, CreatedAt, ChangedAt, AwaitsPublishing, SharedDeaths, SolitaryDeaths, Solitary, Owed) VALUES ('old', 'rabbit', 'email', 'COMPLETED', 0, 5, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0)");
        ledger.Read("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('Pauses', 'Audit')").ShouldBe("0");

        var instance = await ledger.StartAsync();

        (await instance.Queries.FindAsync("old", CancellationToken.None)).ShouldNotBeNull().Task.State.ShouldBe(TaskState.Completed);
        (await instance.Pauses.PauseAsync(new PauseOrder("rabbit", null, "anna", null), CancellationToken.None)).IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        await using var ledger = new TestLedger();
        Directory.CreateDirectory(Path.GetDirectoryName(ledger.Path)!);
        var text = string.Concat(Enumerable.Repeat("these are somebody's notes\n", 100));
        await File.WriteAllTextAsync(ledger.Path, text);

        var refusal = await Should.ThrowAsync<LedgerUnusableException>(() => ledger.StartAsync());

        refusal.Message.ShouldContain($"{ledger.Path} is not a SQLite database");
        (await File.ReadAllTextAsync(ledger.Path)).ShouldBe(text);
    }

    [Fact]
    public async Task A_damaged_file_is_refused()
    {
        await using var ledger = new TestLedger();
        await using (var instance = await ledger.StartAsync())
        {
            for (var i = 0; i < 50; i++)
            {
                await instance.BegunAsync($"task-{i}");
            }
            await instance.OnWriterAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        SqliteConnection.ClearAllPools();
        await using (var file = new FileStream(ledger.Path, FileMode.Open))
        {
            var noise = new byte[file.Length - 4096];
            new Random(1).NextBytes(noise);
            file.Position = 4096;
            file.Write(noise);
        }

        (await Should.ThrowAsync<LedgerUnusableException>(() => ledger.StartAsync("after"))).Message.ShouldContain("damaged");
    }

    [Fact]
    public async Task Another_programs_database_is_refused()
    {
        await using var ledger = new TestLedger();
        Directory.CreateDirectory(Path.GetDirectoryName(ledger.Path)!);
        ledger.Read("CREATE TABLE Invoices (Id INTEGER)");

        (await Should.ThrowAsync<LedgerUnusableException>(() => ledger.StartAsync())).Message.ShouldContain("is a database, but not a ledger: it has the tables Invoices");
    }

    [Fact]
    public async Task A_ledger_that_is_locked_at_the_start_is_refused_with_the_reason()
    {
        await using var ledger = new TestLedger();
        await using (await ledger.StartAsync())
        {
        }
        using var foreign = ledger.OpenForeign();
        TestLedger.Run(foreign, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");

        (await Should.ThrowAsync<LedgerUnusableException>(() => ledger.StartAsync("other"))).Message.ShouldContain("locked by another process");
    }

    [Theory]
    [InlineData("nfs", true)]
    [InlineData("CIFS", true)]
    [InlineData("ext4", false)]
    [InlineData(null, false)]
    public void Network_file_systems_are_known(string? name, bool isOne) => LedgerFile.IsNetworkFileSystem(name).ShouldBe(isOne);

    private static string[] Describe(SqliteConnection connection)
    {
        var lines = new List<string>();
        foreach (var table in Column(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '__EF%' ORDER BY name"))
        {
            lines.AddRange(Column(connection, $"SELECT '{table}.' || name || ' ' || type || ' ' || \"notnull\" || ' ' || pk FROM pragma_table_info('{table}') ORDER BY name"));
            lines.AddRange(Column(connection, $"SELECT '{table} -> ' || \"table\" || ' ' || \"from\" || ' ' || on_delete FROM pragma_foreign_key_list('{table}')"));
            lines.Add($"{table} autoincrement: {TestLedger.Run(connection, $"SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = '{table}'")}");
        }
        lines.AddRange(Column(connection, "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"));
        return [.. lines];
    }

    private static List<string> Column(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }
        return values;
    }
}
