using System.Diagnostics;

namespace Consumers.Tests.Fixtures;

/// <summary>
/// Makes files read-only under the feet of processes that have them open, root's too: permissions bind neither. Skips the test where the file system does not do it.
/// </summary>
public static class ImmutableFiles
{
    /// <summary>Until it is disposed, nobody can write these files.</summary>
    public static async Task<IAsyncDisposable> MakeAsync(TempFolder folder, params string[] files)
    {
        // Some file systems take the attribute and let whoever has the file open write on.
        var probe = folder.File("immutable-probe");
        await using (var open = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            Assert.SkipUnless(await ChangeAsync("+i", probe), "files cannot be made immutable here: chattr +i failed; it takes root, CAP_LINUX_IMMUTABLE and a file system that knows the attribute");
            var isWritten = true;
            try
            {
                open.Write("x"u8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                isWritten = false;
            }
            await ChangeAsync("-i", probe);
            Assert.SkipWhen(isWritten, "this file system lets a process write on to an immutable file that it has open");
        }
        (await ChangeAsync("+i", files)).ShouldBeTrue();
        return new Lifted(files);
    }

    private static async Task<bool> ChangeAsync(string change, params string[] files)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("chattr", [change, .. files]) { RedirectStandardError = true })!;
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private sealed class Lifted(string[] files) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await ChangeAsync("-i", [.. files.Where(File.Exists)]);
    }
}
