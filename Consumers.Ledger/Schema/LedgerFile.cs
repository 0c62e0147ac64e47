namespace Consumers.Ledger;

/// <summary>Looks at where the file lies before SQLite opens it. The file itself is left to SQLite: to close it here would drop the locks that SQLite has on it in this process.</summary>
internal static class LedgerFile
{
    // Sharing a write-ahead log needs shared memory, which these do not have.
    private static readonly string[] NetworkFileSystems = ["nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "afs", "ncpfs", "fuse.sshfs"];

    /// <exception cref="LedgerUnusableException">It is a folder, or lies on a network file system.</exception>
    public static void RefuseForeign(string path)
    {
        if (Directory.Exists(path))
        {
            throw new LedgerUnusableException($"the ledger {path} is a folder. Set {LedgerOptions.Section}:Path to a file.");
        }
        if (IsNetworkFileSystem(FileSystemOf(path)))
        {
            throw new LedgerUnusableException($"the ledger {path} lies on a network file system ({FileSystemOf(path)}), where SQLite's write-ahead log is not safe. Set {LedgerOptions.Section}:Path to a file on a local disk.");
        }
    }

    internal static bool IsNetworkFileSystem(string? name) => Array.Exists(NetworkFileSystems, known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Null where nobody tells.</summary>
    internal static string? FileSystemOf(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? null : new DriveInfo(Path.GetDirectoryName(path)!).DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
