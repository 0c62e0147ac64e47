namespace Consumers.Ledger;

/// <summary>A lock that the operating system releases with the process that held it, unlike a row in a table.</summary>
internal static class FileLock
{
    private const int WouldBlockOnLinux = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>The lock, to be disposed; null while another process holds it.</summary>
    /// <exception cref="IOException">The file cannot be made or opened, as on a disk that is full or read-only: nobody holds it, and waiting would not help.</exception>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac or SharingViolation)
        {
            return null;
        }
    }
}
