using System.Runtime.InteropServices;

namespace Consumers.Tests.Fixtures;

/// <summary>
/// A file system of a few MiB in memory, mounted for one test: it can really be full, and really be read-only. Skips the test where this process may not mount.
/// </summary>
public sealed partial class SmallDisk : IDisposable
{
    private const nuint NoSetUid = 2, ReadOnlyFlag = 1, Remount = 32;
    private const int Detach = 2;

    private readonly TempFolder _folder = new();
    private readonly string _size;

    private SmallDisk(int mebibytes) => _size = $"size={mebibytes}m,mode=0777";

    public static SmallDisk Mount(int mebibytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has a tmpfs to mount");
        var disk = new SmallDisk(mebibytes);
        if (Mount("week7-test", disk._folder.Path, "tmpfs", NoSetUid, disk._size) != 0)
        {
            var error = Marshal.GetLastPInvokeErrorMessage();
            disk._folder.Dispose();
            Assert.Skip($"a full or read-only disk cannot be made here: mounting a tmpfs failed ({error}); it takes root, and in a container CAP_SYS_ADMIN");
        }
        return disk;
    }

    public string File(string name) => _folder.File(name);

    /// <summary>Writes until the disk takes no more; returns how many bytes it took.</summary>
    public long Fill()
    {
        using var ballast = new FileStream(File("ballast"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                ballast.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            return ballast.Length;
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => System.IO.File.Delete(File("ballast"));

    /// <summary>From now on nothing can be written. No file on it may be open for writing.</summary>
    public void MakeReadOnly() => Mount("week7-test", _folder.Path, "tmpfs", NoSetUid | ReadOnlyFlag | Remount, _size).ShouldBe(0, Marshal.GetLastPInvokeErrorMessage());

    public void Dispose()
    {
        // Detached, it goes when the last process that has a file open on it ends.
        _ = Unmount(_folder.Path, Detach);
        _folder.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
