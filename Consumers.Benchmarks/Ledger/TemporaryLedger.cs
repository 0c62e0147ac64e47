namespace Consumers.Benchmarks;

/// <summary>A folder for one run's database, gone with the run.</summary>
internal sealed class TemporaryLedger : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("consumers-bench-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "ledger.db");

    public void Dispose() => _folder.Delete(recursive: true);
}
