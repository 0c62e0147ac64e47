namespace Consumers.Ledger;

/// <summary>A lock that the operating system releases with the process that held it, unlike a row in a table.</summary>
internal static class FileLock
{
    /// <summary>The lock, to be disposed; null while another process holds it.</summary>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        // UnauthorizedAccessException is an own case of the caller's: waiting would not help.
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
