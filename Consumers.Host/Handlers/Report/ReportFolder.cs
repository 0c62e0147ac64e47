using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Report;

/// <summary>Where reports are. A reader sees the report before or the report after, never half of one, and a power cut leaves no empty file under its name.</summary>
internal sealed class ReportFolder(IOptions<ReportOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    /// <summary>Opens the file that is written aside; a test can have it on a disk that is full.</summary>
    internal Func<string, FileStream> OpenAside { get; init; } = path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    /// <summary>Absolute.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(options.Value.Folder);

    /// <summary>Returns the file's path.</summary>
    public async ValueTask<string> WriteAsync(string fileName, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path);
        RemoveAbandoned();
        var file = System.IO.Path.Combine(Path, fileName);
        // A name of its own for every attempt: two that write at once, one of them frozen for a while, do not mix.
        var aside = System.IO.Path.Combine(Path, $".{fileName}.{Guid.NewGuid():N}.tmp");
        try
        {
            await using (var stream = OpenAside(aside))
            {
                await stream.WriteAsync(content, cancellationToken);
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, file, overwrite: true);
            return file;
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>What a killed process left aside.</summary>
    private void RemoveAbandoned()
    {
        var before = time.GetUtcNow().UtcDateTime - Abandoned;
        foreach (var left in Directory.EnumerateFiles(Path, ".*.tmp").Where(left => File.GetLastWriteTimeUtc(left) < before))
        {
            File.Delete(left);
        }
    }
}
