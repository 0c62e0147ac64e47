using System.Security.Cryptography;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Ledger;

namespace Consumers.Tests.Doctor;

public sealed class LedgerDoctorTests
{
    [Fact]
    public async Task A_ledger_that_is_not_there_is_not_made()
    {
        using var folder = new TempFolder();

        var visit = await Visit.PayAsync(folder, ("Consumers:Ledger:Path", folder.File("data/ledger.db")));

        visit.ShouldTell("ledger.path", "ok", "not there yet");
        visit.ExitCode.ShouldBe(0, visit.Json);
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_ledger_is_looked_at_without_a_trace(bool isOpen)
    {
        using var folder = new TempFolder();
        await using var ledger = new TestLedger();
        await ledger.StartAsync("consumer-1", TimeProvider.System);
        if (!isOpen)
        {
            await ledger.DisposeInstancesAsync();
        }
        var before = Hashes(ledger.Path);
        (before.Count > 1).ShouldBe(isOpen, string.Join(' ', before.Keys));

        var visit = await Visit.PayAsync(folder, ("Consumers:Ledger:Path", ledger.Path));

        visit.ShouldTell("ledger.schema", "ok", "schema ");
        visit.ShouldTell("ledger.sqlite", "ok", "SQLite 3.");
        visit.Status("ledger.integrity").ShouldBe("ok");
        Hashes(ledger.Path).ShouldBe(before);
    }

    /// <summary>A reader that may write makes a checkpoint when it is the last to leave, and deletes the log.</summary>
    [Fact]
    public async Task What_a_killed_host_left_behind_is_left_as_it_is()
    {
        using var folder = new TempFolder();
        await using var ledger = new TestLedger();
        await ledger.StartAsync("consumer-1", TimeProvider.System);
        // The files as a kill leaves them: the log holds everything, and nobody has them open.
        foreach (var end in (string[])["", "-wal", "-shm"])
        {
            File.Copy(ledger.Path + end, folder.File("ledger.db" + end));
        }
        var before = Hashes(folder.File("ledger.db"));
        before.Keys.ShouldBe(["ledger.db", "ledger.db-wal"], ignoreOrder: true);

        var visit = await Visit.PayAsync(folder);

        visit.ShouldTell("ledger.schema", "ok", "schema ");
        Hashes(folder.File("ledger.db")).ShouldBe(before);
    }

    [Fact]
    public async Task A_newer_schema_a_pending_one_and_a_name_that_is_taken_are_told()
    {
        using var folder = new TempFolder();
        await using var ledger = new TestLedger();
        await ledger.StartAsync("consumer-1", TimeProvider.System);
        (string, string) path = ("Consumers:Ledger:Path", ledger.Path);

        (await Visit.PayAsync(folder, path, ("CONSUMER_ID", "consumer-1"))).ShouldTell("ledger.consumer-id", "fail", "'consumer-1' is taken by process");
        (await Visit.PayAsync(folder, path, ("CONSUMER_ID", "consumer-2"))).Status("ledger.consumer-id").ShouldBe("ok");

        ledger.Read("""INSERT INTO "__EFMigrationsHistory" VALUES ('29990101000000_FromTheFuture', '99')""");
        var visit = await Visit.PayAsync(folder, path);
        visit.ShouldTell("ledger.schema", "fail", "written by a newer version: it has the migration 29990101000000_FromTheFuture");
        visit.ExitCode.ShouldBe(1);

        ledger.Read("""DELETE FROM "__EFMigrationsHistory" WHERE "MigrationId" IN (SELECT "MigrationId" FROM "__EFMigrationsHistory" ORDER BY "MigrationId" DESC LIMIT 2)""");
        (await Visit.PayAsync(folder, path)).ShouldTell("ledger.schema", "warn", "1 migrations are pending");
    }

    [Fact]
    public async Task What_is_no_ledger_is_said_so()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("text"), new string('x', 5000), TestContext.Current.CancellationToken);

        (await Visit.PayAsync(folder, ("Consumers:Ledger:Path", folder.File("text")))).ShouldTell("ledger.schema", "fail", "it is not a SQLite database");
        (await Visit.PayAsync(folder, ("Consumers:Ledger:Path", folder.Path))).ShouldTell("ledger.path", "fail", "it is a folder");
    }

    [Fact]
    public async Task A_small_disk_in_memory_and_a_read_only_one_are_told()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(8);
        (string, string) path = ("Consumers:Ledger:Path", disk.File("ledger.db"));

        var visit = await Visit.PayAsync(folder, path);
        visit.ShouldTell("ledger.disk", "warn", "it lies in memory (tmpfs)");
        visit.ShouldTell("ledger.space", "fail", "MiB free");

        disk.MakeReadOnly();
        (await Visit.PayAsync(folder, path)).ShouldTell("ledger.path", "fail", "is read-only for this user");
    }

    private static Dictionary<string, string> Hashes(string path) => Directory.EnumerateFiles(Path.GetDirectoryName(path)!)
        // The index of the log holds the readers' marks.
        .Where(file => !file.EndsWith("-shm", StringComparison.Ordinal) && !file.EndsWith(".lock", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileName(file)!, file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return Convert.ToHexString(SHA256.HashData(stream));
        });
}
