using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Consumers.Ledger;

/// <summary>
/// Reads a ledger without leaving a trace. A log beside the file means that somebody has it open, or died with it: then it is read as any other reader does, only that a reader who may not
/// write makes no checkpoint when it is the last to leave. Without one the file is all there is, and is read as one that nobody changes: otherwise SQLite would make the log and its index.
/// </summary>
internal sealed partial class LedgerLook : IDisposable
{
    private const int MayWrite = 2;

    private readonly SqliteConnection _connection;

    /// <exception cref="SqliteException">It cannot be read.</exception>
    public LedgerLook(string path)
    {
        var isAlone = !File.Exists(path + "-wal") && !File.Exists(path + "-shm");
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = $"file:{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}{(isAlone ? "?immutable=1" : "")}",
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
            DefaultTimeout = 3,
        }.ConnectionString);
        _connection.Open();
    }

    /// <summary>The first column of all rows.</summary>
    public List<string> Read(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        }
        return rows;
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Whether the file is one of SQLite's with a write-ahead log. Asked before SQLite opens it: to close it here later would drop SQLite's locks.</summary>
    /// <returns>Null when it is no database.</returns>
    public static bool? HasLog(string path)
    {
        Span<byte> head = stackalloc byte[20];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return length == 0 ? true : length == head.Length && head.StartsWith("SQLite format 3\0"u8) ? head[18] == 2 : null;
    }

    /// <summary>Whether this process may write there, as the system says it without writing.</summary>
    public static bool IsWritable(string path) => OperatingSystem.IsWindows() || Access(path, MayWrite) == 0;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
