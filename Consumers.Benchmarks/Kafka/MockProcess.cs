using System.Diagnostics;
using Consumers.Kafka;

namespace Consumers.Benchmarks;

/// <summary>
/// librdkafka's mock cluster in a process of its own, so that the broker's work is not counted as the client's. A cluster a run: it keeps every topic it ever had.
/// The process ends when this one does, however that ends.
/// </summary>
internal sealed class MockProcess : IAsyncDisposable
{
    /// <summary>The hidden argument that makes this program the cluster.</summary>
    public const string Verb = "mock-kafka";

    private readonly Process _process;

    private MockProcess(Process process, string servers) => (_process, Servers) = (process, servers);

    public string Servers { get; }

    /// <exception cref="RunFailedException">It did not come up.</exception>
    public static async Task<MockProcess> StartAsync(string prefix, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MockProcess).Assembly.Location, Verb, prefix]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var servers = await process.StandardOutput.ReadLineAsync(cancellationToken);
        return servers is not null ? new MockProcess(process, servers) : throw new RunFailedException("the mock cluster did not come up");
    }

    /// <summary>The other side: says where it is, and lives until its input ends.</summary>
    public static int Run(string prefix)
    {
        using var cluster = KafkaMock.Start(BenchTopics.Named(prefix), BenchTopics.Schedule());
        Console.WriteLine(cluster.BootstrapServers);
        Console.In.ReadToEnd();
        return ExitCodes.Ok;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
