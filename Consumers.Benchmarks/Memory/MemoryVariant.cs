using System.Diagnostics;
using System.Globalization;

namespace Consumers.Benchmarks;

/// <summary>Fills a queue, has a process take as much of it as it may, and takes what that holds.</summary>
/// <param name="backlog">Null for as many messages as are asked for.</param>
/// <param name="prefetch">0 for twice as many as run at once.</param>
internal sealed class MemoryVariant(string name, BenchBroker broker, QueueKind kind, int? backlog = null, int prefetch = 0) : IVariant
{
    private const double Mebi = 1 << 20;

    private readonly FleetConsume _fleet = new(withLedger: true, name, prefetch: prefetch);

    public string Name => name;

    public VariantMode Mode => _fleet.Mode;

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var run = new BrokerRun(broker, BenchBroker.NewQueueName(name), kind, backlog ?? messages);
        await _fleet.DeclareAsync(run, cancellationToken);
        try
        {
            await broker.FillAsync(run.Queue, run.Count, cancellationToken);
            return await HoldAsync(run, cancellationToken);
        }
        finally
        {
            await _fleet.DeleteAsync(run);
        }
    }

    private async Task<Sample> HoldAsync(BrokerRun run, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            "dotnet", [typeof(MemoryVariant).Assembly.Location, HeldTasksProcess.Verb, prefetch.ToString(CultureInfo.InvariantCulture), run.Queue, kind.ToWire(), broker.Url.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        try
        {
            var said = await process.StandardOutput.ReadLineAsync(cancellationToken);
            if (!long.TryParse(said, CultureInfo.InvariantCulture, out var heap))
            {
                throw new RunFailedException($"it ended before its handlers had taken all they may: {said}");
            }
            process.Refresh();
            return new Sample(run.Count, clock.Elapsed, process.TotalProcessorTime, 0, clock.Elapsed) { WorkingSet = process.WorkingSet64 / Mebi, ManagedHeap = heap / Mebi };
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
