using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>The built command line, in a process of its own; the clock is its report's, so that its start is not counted.</summary>
internal sealed class CommandPublish : IPublishVariant
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    public string Name => "cli";

    public VariantMode Mode => new("consumers publish", "none", "none", "a process of its own", "-");

    public Task DeclareAsync(BrokerRun run, CancellationToken cancellationToken) => FleetQueue.DeclareAsync(run, cancellationToken);

    public Task DeleteAsync(BrokerRun run) => FleetQueue.DeleteAsync(run);

    public async Task<Sample> PublishAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryLedger();
        var start = BuiltHost.Verb(
            ["publish", "rabbit", "--type", BenchTask.TypeName, "--payload", Encoding.UTF8.GetString(BenchPayload.Json), "--count", $"{run.Count}", "--json"], run, Path.GetDirectoryName(folder.Path)!);
        var cpu = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            // It cannot be asked when it has ended: what is missed is less than the pause.
            for (var ended = process.WaitForExitAsync(cancellationToken); !ended.IsCompleted; await Task.WhenAny(ended, Task.Delay(LookAgain, TimeProvider.System, cancellationToken)))
            {
                cpu = Cpu(process) ?? cpu;
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            throw new RunFailedException($"it ended with {process.ExitCode}: {await error}");
        }
        using var report = JsonDocument.Parse(await output);
        var elapsed = TimeSpan.FromMilliseconds(report.RootElement.GetProperty("durationMs").GetInt64());
        return new Sample(run.Count, elapsed, cpu, 0, clock.Elapsed - elapsed);
    }

    private static TimeSpan? Cpu(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
