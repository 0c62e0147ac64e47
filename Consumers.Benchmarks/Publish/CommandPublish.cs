using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>The built command line, in a process of its own; the clock is its report's, so that its start is not counted.</summary>
internal sealed class CommandPublish : IPublishVariant
{
    public string Name => "cli";

    public VariantMode Mode => new("consumers publish", "none", "none", "a process of its own", "-");

    public Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => FleetQueue.DeclareAsync(run, cancellationToken);

    public Task DeleteAsync(BrokerRun run) => FleetQueue.DeleteAsync(run);

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryLedger();
        var start = BuiltHost.Verb(
            ["publish", "rabbit", "--type", BenchTask.TypeName, "--payload", Encoding.UTF8.GetString(BenchPayload.Json), "--count", $"{run.Count}", "--json"], run, Path.GetDirectoryName(folder.Path)!);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
        if (process.ExitCode != 0)
        {
            throw new RunFailedException($"it ended with {process.ExitCode}: {await error}");
        }
        using var report = JsonDocument.Parse(await output);
        var elapsed = TimeSpan.FromMilliseconds(report.RootElement.GetProperty("durationMs").GetInt64());
        return new Sample(run.Count, elapsed, process.TotalProcessorTime, 0, clock.Elapsed - elapsed);
    }
}
