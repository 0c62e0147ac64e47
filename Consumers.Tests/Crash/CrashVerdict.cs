using System.Runtime.CompilerServices;
using System.Text.Json;
using Consumers.Core;
using Consumers.Ledger;
using Consumers.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace Consumers.Tests.Crash;

/// <summary>What must be true after every crash, whatever the point: checked against the ledger, the broker and the mailbox, which know nothing of each other.</summary>
internal static class CrashVerdict
{
    private const string Died = "process died";
    private const string HandedBack = "handed back";

    /// <summary>A retry that the broker releases this much early is on time.</summary>
    private static readonly TimeSpan DueTolerance = TimeSpan.FromMilliseconds(5);

    // The ledger's assembly settles which SQLite is loaded; nothing else here would have loaded it by then.
    static CrashVerdict() => RuntimeHelpers.RunModuleConstructor(typeof(LedgerOptions).Module.ModuleHandle);

    /// <summary>The file as the crash left it, with its hot log: looked at in a copy, so that the next process finds it untouched.</summary>
    public static void CheckLedgerFile(CrashRun run)
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(run.Folder.Path, "ledger.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }
        using var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        command.ExecuteScalar().ShouldBe("ok");
    }

    /// <summary>Waits until nothing is left to do anywhere, checks every task, and stops the host, which must leave nothing behind.</summary>
    public static async Task CheckAsync(CrashRun run, HostProcess host, CrashCase row)
    {
        var site = run.Site;
        await EndToEnd.Fleet.QuiesceAsync(host, run.Ids.Count, TimeSpan.FromSeconds(60), site.Module);
        if (row.IsRecognized)
        {
            await Eventually.TrueAsync(async () => (await InstanceAsync(host, site)).GetProperty("duplicates").GetInt64() >= 1, "the redelivery is recognized as settled");
        }
        if (row.Tasks > 1)
        {
            (await InstanceAsync(host, site)).GetProperty("delivered").GetInt64().ShouldBeGreaterThanOrEqualTo(5, "a crash that interrupted next to nothing proves nothing");
        }
        await Eventually.TrueAsync(async () => await site.LeftAsync() == 0, "the broker has nothing left to deliver");
        foreach (var id in run.Ids)
        {
            CheckTask(run, row, (await EndToEnd.Fleet.FindAsync(host, id, site.Module)).ShouldNotBeNull($"{id} is lost"));
            await CheckAnnouncementAsync(site, id, row.Ends == Ends.Never ? "FAILED" : "COMPLETED");
        }
        var failed = row.Ends == Ends.Never ? run.Ids : [];
        await Eventually.TrueAsync(async () => !failed.Except(await DeadIdsAsync(site)).Any(), "every task that failed has its dead letter");
        (await host.TerminateAsync()).ShouldBe(0, host.Output);
        // What was unacknowledged would be ready again now.
        (await site.LeftAsync()).ShouldBe(0, "every delivery is acknowledged");
        (await DeadIdsAsync(site)).ShouldBe(failed, ignoreOrder: true, "one dead letter by id for each that failed, and no other");
        CheckLedgerFile(run);
    }

    private static void CheckTask(CrashRun run, CrashCase row, JsonElement task)
    {
        var id = task.GetProperty("id").GetString()!;
        var attempts = task.GetProperty("attempts").EnumerateArray().ToArray();
        var seen = task.ToString();
        task.GetProperty("status").GetString().ShouldBe(row.Ends == Ends.Never ? "FAILED" : "COMPLETED", seen);
        var settled = attempts.Where(attempt => Outcome(attempt) is not (Died or HandedBack)).ToArray();
        settled.Select(attempt => attempt.GetProperty("attempt").GetInt32()).ShouldBeUnique($"no attempt is settled twice: {seen}");
        Outcome(settled[^1]).ShouldBe(row.Ends == Ends.Never ? "permanent" : "success", seen);
        // Refused the first time, in a life that ended before this was written, a mail is taken the next time.
        settled.Length.ShouldBeInRange(1, row.Ends == Ends.Again ? 2 : 1, seen);
        run.Mailbox.Tries(id).ShouldBeInRange(settled.Length, attempts.Length, $"every effect belongs to an attempt, and only one that died may have left none or an uncounted one: {seen}");
        CheckDue(settled, row.Backoff, seen);
        if (row.Tasks == 1)
        {
            var died = attempts.Count(attempt => Outcome(attempt) == Died);
            died.ShouldBe(row.Died ?? died, seen);
            run.Mailbox.Tries(id).ShouldBe(row.Tries ?? run.Mailbox.Tries(id), seen);
            settled.Length.ShouldBe(row.Ends == Ends.Again ? 2 : 1, seen);
        }
    }

    private static void CheckDue(JsonElement[] settled, TimeSpan backoff, string seen)
    {
        foreach (var (failed, next) in settled.Zip(settled.Skip(1)))
        {
            var due = failed.GetProperty("dueAt").GetDateTimeOffset();
            next.GetProperty("startedAt").GetDateTimeOffset().ShouldBeGreaterThanOrEqualTo(due - DueTolerance, $"a retry is never early: {seen}");
            due.ShouldBeGreaterThanOrEqualTo(failed.GetProperty("endedAt").GetDateTimeOffset() + backoff - DueTolerance, $"due after the first tier: {seen}");
        }
    }

    /// <summary>At least once, and however often: one and the same.</summary>
    private static async Task CheckAnnouncementAsync(ICrashSite site, string id, string status)
    {
        async Task<StatusEvent[]> SeenAsync() => [.. (await site.StatusesAsync()).Where(announced => announced.Id == id && announced.Status == status)];
        await Eventually.TrueAsync(async () => (await SeenAsync()).Length > 0, $"{status} of {id} is announced");
        (await SeenAsync()).Select(announced => announced.Seq).Distinct().ShouldHaveSingleItem();
    }

    /// <summary>A dead letter may come twice; its id tells.</summary>
    private static async Task<IEnumerable<string>> DeadIdsAsync(ICrashSite site) => (await site.DeadLettersAsync()).Select(letter => letter.MessageId ?? "").Distinct();

    private static async Task<JsonElement> InstanceAsync(HostProcess host, ICrashSite site) => (await EndToEnd.Fleet.StatsAsync(host, site.Module)).GetProperty("instance");

    private static string? Outcome(JsonElement attempt) => attempt.GetProperty("outcome").GetString();
}
