namespace Consumers.Tests.Fixtures;

/// <summary>A folder for one test, removed with all that is in it.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("week7-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that a test killed may still hold a file for a moment; the system clears its temporary folder.
        }
    }
}
