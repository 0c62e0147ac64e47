namespace Consumers.Host.Verify;

/// <summary>A Redis of its own: started, killed, started again.</summary>
/// <param name="folder">For its data and logs.</param>
/// <param name="isKept">Whether what it has answered survives a kill. Default: nothing does.</param>
internal sealed class RedisNode(string folder, RunMark mark, bool isKept = false, string? password = null) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private ChildProcess? _process;

    /// <summary>Where the server is; null when it is not installed.</summary>
    public static string? Binary { get; } = new[] { "/usr/bin" }.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);

    public int Port { get; } = FreePort.Take();

    public Uri Url => new(password is null ? $"redis://127.0.0.1:{Port}" : $"redis://:{Uri.EscapeDataString(password)}@127.0.0.1:{Port}");

    public int Pid => _process?.Pid ?? 0;

    public bool HasExited => _process is null or { HasExited: true };

    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        // Every answered write is in the append-only file before its answer is sent, and a kill leaves the page cache alone. With a sync every second a write may wait for the sync before it.
        string[] keeps = isKept ? ["--appendonly", "yes", "--appendfsync", "no"] : [];
        string[] guarded = password is null ? [] : ["--requirepass", password];
        var process = ChildProcess.Start(
            Binary!, ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, .. keeps, .. guarded],
            name => name is "PATH" or "LANG", [mark.Entry], folder, Path.Combine(folder, "redis.out"));
        _process = process;
        if (!await Waiting.UntilAsync(async () => process.HasExited || await Waiting.IsOpenAsync(Port), StartLimit, cancellationToken) || process.HasExited)
        {
            throw new TimeoutException($"Redis did not start. Its last words:\n{process.LastLines}");
        }
    }

    public bool Signal(int signal) => _process?.Signal(signal) == true;

    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
