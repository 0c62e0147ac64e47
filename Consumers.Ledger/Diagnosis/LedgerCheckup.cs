using System.Globalization;
using Consumers.Core;
using Microsoft.Data.Sqlite;

namespace Consumers.Ledger;

/// <summary>The ledger's file: where it lies, whether it can be written, its log, its schema, and whose names are in it.</summary>
internal sealed class LedgerCheckup(LedgerDatabase database, InstanceIdentity self, HostIdentity host, TimeProvider time) : ICheckup
{
    /// <summary>Above this a whole check takes seconds, and is made on request.</summary>
    private const long CheckedSize = 64 * 1024 * 1024;

    private const long LeastSpace = 64L * 1024 * 1024, LittleSpace = 1024L * 1024 * 1024;

    private const string LiveSql = """
        SELECT "Name" || '/' || "Pid" || '/' || "ProcessStart" || '/' || "LeaseUntil" || '/' || "Host" || '/' || "HostIdentity" FROM "Instances" WHERE "State" <> 'stopped'
        """;

    /// <summary>The race of a log that is reset by two at once is mended from here on.</summary>
    private static readonly Version WithoutRace = new(3, 51, 3);

    public string Area => "ledger";

    public string Title => "Ledger";

    public string Where => database.Path;

    public Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        if (CheckPath(findings))
        {
            CheckDisk(findings);
            if (File.Exists(database.Path))
            {
                Read(findings, deep);
            }
        }
        return Task.CompletedTask;
    }

    private bool CheckPath(Findings findings)
    {
        const string mend = "Consumers__Ledger__Path: a file that this user may write, in a folder that it may write";
        if (Directory.Exists(database.Path))
        {
            findings.Fail("path", "it is a folder", mend);
            return false;
        }
        var isThere = File.Exists(database.Path);
        var folder = Path.GetDirectoryName(database.Path)!;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }
        // Its log and the log's index lie beside it, so the folder counts as much as the files.
        var refused = new[] { folder, database.Path, database.Path + "-wal", database.Path + "-shm" }.Where(Path.Exists).FirstOrDefault(path => !LedgerLook.IsWritable(path));
        if (refused is not null)
        {
            findings.Fail("path", $"{refused} is read-only for this user", mend);
            return isThere;
        }
        findings.Ok("path", isThere ? string.Create(CultureInfo.InvariantCulture, $"writable, {new FileInfo(database.Path).Length / 1048576.0:0.#} MiB") : "not there yet: the host makes it when it starts");
        return true;
    }

    private void CheckDisk(Findings findings)
    {
        var folder = database.Path;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }
        var disk = new DriveInfo(folder);
        var kind = disk.DriveFormat;
        if (LedgerFile.IsNetworkFileSystem(kind))
        {
            findings.Fail("disk", $"it lies on a network file system ({kind}), where SQLite's write-ahead log is not safe: the host refuses to start", "Consumers__Ledger__Path: a file on a local disk");
        }
        else if (kind.StartsWith("fuse", StringComparison.OrdinalIgnoreCase) || kind is "9p" or "v9fs" or "virtiofs")
        {
            findings.Warn("disk", $"it lies on {kind}, which may be another machine's disk: SQLite's write-ahead log needs shared memory and locks that hold", "Consumers__Ledger__Path: a file on a local disk");
        }
        else if (kind is "tmpfs" or "ramfs")
        {
            findings.Warn("disk", $"it lies in memory ({kind}): gone with the next boot, and with it what is settled and what is owed", "Consumers__Ledger__Path: a file on a disk");
        }
        else
        {
            findings.Ok("disk", kind);
        }
        var free = disk.AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / 1048576.0:0} MiB free");
        const string mend = "free space on that disk, shorten Consumers:Ledger:Retention, or move the ledger: Consumers__Ledger__Path";
        if (free < LeastSpace)
        {
            findings.Fail("space", $"{text}: full, nothing is begun and nothing is acknowledged", mend);
        }
        else if (free < LittleSpace)
        {
            findings.Warn("space", $"{text}: full, nothing is begun and nothing is acknowledged", mend);
        }
        else
        {
            findings.Ok("space", text);
        }
    }

    private void Read(Findings findings, bool deep)
    {
        try
        {
            if (LedgerLook.HasLog(database.Path) is not { } hasLog)
            {
                findings.Fail("schema", "it is not a SQLite database", "Consumers__Ledger__Path: another file; or restore it from a copy, or move it away to start with an empty ledger");
                return;
            }
            CheckLog(findings, hasLog);
            using var look = new LedgerLook(database.Path);
            CheckVersion(findings, look.Read("SELECT sqlite_version()")[0]);
            if (CheckSchema(findings, look))
            {
                CheckName(findings, look);
            }
            CheckIntegrity(findings, look, deep);
        }
        catch (SqliteException e)
        {
            findings.Fail("schema", LedgerFault.Describe(e.SqliteErrorCode, database.Path), "see above; its folder must be accessible too");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Fail("schema", $"it cannot be read: {TaskHeaders.CleanError(e.Message)}", "Consumers__Ledger__Path: a file that this user may read and write");
        }
    }

    private void CheckLog(Findings findings, bool hasLog)
    {
        var log = new FileInfo(database.Path + "-wal");
        var size = log.Exists ? log.Length : 0;
        if (!hasLog)
        {
            findings.Warn("wal", "it was switched away from write-ahead logging by somebody; the host switches it back when it starts", "let no other program change the ledger's file");
        }
        else if (size > 2 * Checkpointer.CutFrom)
        {
            findings.Warn("wal", string.Create(CultureInfo.InvariantCulture, $"its log has {size / 1048576.0:0} MiB: no checkpoint comes through, because a reader holds on to it or no instance makes them"),
                $"find who has it open: fuser {database.Path}; end a forgotten sqlite3 shell or copy");
        }
        else
        {
            findings.Ok("wal", string.Create(CultureInfo.InvariantCulture, $"WAL {size / 1048576.0:0.#} MiB"));
        }
    }

    private static void CheckVersion(Findings findings, string text) => findings.Ok("sqlite", Version.TryParse(text, out var version) && version >= WithoutRace
        ? $"SQLite {text}"
        : $"SQLite {text} (its WAL-reset race, mended in 3.51.3, cannot happen: one elected instance makes the checkpoints)");

    private bool CheckSchema(Findings findings, LedgerLook look)
    {
        var tables = look.Read(LedgerSchema.TablesSql);
        var applied = tables.Contains(LedgerSchema.HistoryTable) ? look.Read(LedgerSchema.AppliedSql) : null;
        var known = WholeSchema.Migrations;
        if (LedgerSchema.Problem(database.Path, tables, applied, known) is { } problem)
        {
            var sentence = problem.IndexOf(". ", StringComparison.Ordinal);
            findings.Fail("schema", problem[..sentence], problem[(sentence + 2)..]);
            return false;
        }
        var pending = known.Except(applied ?? []).ToArray();
        if (applied is { Count: > 0 } && pending.Length > 0)
        {
            findings.Warn("schema", $"{pending.Length} migrations are pending ({pending[^1]} is the last): the next start brings it up to date, and an older version cannot use it any more", "copy the file first, and stop instances of an older version");
            return false;
        }
        findings.Ok("schema", applied is { Count: > 0 } ? $"schema {known.Count}" : "empty: the host makes its tables when it starts");
        return applied is { Count: > 0 };
    }

    private void CheckName(Findings findings, LedgerLook look)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var live = look.Read(LiveSql).Select(row => row.Split('/', 6))
            .Select(row => (Name: row[0], Pid: int.Parse(row[1], CultureInfo.InvariantCulture), Start: long.Parse(row[2], CultureInfo.InvariantCulture), Lease: long.Parse(row[3], CultureInfo.InvariantCulture), Host: row[4], Machine: row[5]))
            .Where(row => row.Lease >= now && !host.IsGone(row.Machine, row.Pid, row.Start));
        NameCheck.Tell(findings, self, live.Select(row => (row.Name, row.Host, row.Pid)));
    }

    private void CheckIntegrity(Findings findings, LedgerLook look, bool deep)
    {
        if (!deep && new FileInfo(database.Path).Length > CheckedSize)
        {
            findings.Unknown("integrity", "too large to be read whole by the way", "consumers doctor --deep");
            return;
        }
        var verdict = look.Read("PRAGMA quick_check(3)");
        if (verdict is ["ok"])
        {
            findings.Ok("integrity", "quick_check ok");
        }
        else
        {
            findings.Fail("integrity", $"it is damaged: {TaskHeaders.CleanError(string.Join("; ", verdict))}", "stop the fleet and restore the file from a copy, or move it away to start with an empty ledger");
        }
    }
}
