using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Consumers.Benchmarks;

/// <summary>A Redis for one run: what the guard remembers for days is not left in anybody's.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Binary = "redis-server";
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private RedisProcess(DirectoryInfo folder, Process process, int port) => (_folder, _process, Url) = (folder, process, $"redis://127.0.0.1:{port}");

    public string Url { get; }

    /// <summary>Whether there is one to start.</summary>
    public static bool IsInstalled { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, Binary)));

    public static async Task<RedisProcess> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("consumers-bench-");
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo(Binary, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder.FullName]) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var redis = new RedisProcess(folder, process, port);
        while (!await AnswersAsync(port, cancellationToken))
        {
            await Task.Delay(LookAgain, TimeProvider.System, cancellationToken);
        }
        return redis;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
