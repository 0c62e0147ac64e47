namespace Consumers.Ledger;

/// <summary>SQLite refused something. Its primary result code tells whether the ledger is unwell, so that waiting helps, or the statement is wrong.</summary>
internal sealed class LedgerFault(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    private const int Perm = 3, Busy = 5, Locked = 6, NoMemory = 7, ReadOnly = 8, Io = 10, Corrupt = 11, Full = 13, CannotOpen = 14, Protocol = 15, NotADatabase = 26;

    /// <summary>The primary code: the lowest byte of an extended one.</summary>
    public int Code { get; } = code & 0xff;

    public bool IsBusy => Code is Busy or Locked;

    /// <summary>The store is unwell, whoever writes: nothing fails, everything waits.</summary>
    public bool IsOutage => IsOutageCode(Code);

    /// <summary>The connection itself may be the trouble: a file that was moved, mounted anew or made writable again.</summary>
    public bool NeedsNewConnection => !IsBusy && Code is not Full;

    public static bool IsOutageCode(int code) =>
        code is Perm or Busy or Locked or NoMemory or ReadOnly or Io or Corrupt or Full or CannotOpen or Protocol or NotADatabase;

    /// <summary>What is the matter and what to do, for people.</summary>
    public static string Describe(int code, string path) => code switch
    {
        Busy or Locked or Protocol => $"{path} is locked by another process. Consuming goes on when it lets go; find it with: fuser {path}",
        Full => $"the disk is full, or {path} may not grow. Consuming goes on when there is room.",
        ReadOnly or Perm => $"{path} is read-only for this process. Give it write access to the file, its -wal and -shm files, and their folder.",
        CannotOpen => $"{path} cannot be opened. Check that it and its folder are there and accessible.",
        NotADatabase => $"{path} is not a SQLite database, or is damaged from its first page on. It is left as it is: restore it from a copy, or move it away to start with an empty ledger.",
        Corrupt => $"{path} is damaged. Stop the fleet and restore the file from a copy, or move it away to start with an empty ledger.",
        NoMemory => $"SQLite is out of memory while it writes {path}.",
        _ => $"reading or writing {path} fails (SQLite error {code}). Check the disk, also whether it is full, and the system log.",
    };
}
