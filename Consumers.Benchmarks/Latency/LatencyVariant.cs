using System.Diagnostics;
using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>Has the variant consume while tasks are published at a fixed rate, far below what it can do.</summary>
internal sealed class LatencyVariant(IConsumeVariant variant, BenchBroker broker, QueueKind kind) : IVariant
{
    public const int PerSecond = 500;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    public string Name => variant.Name;

    public VariantMode Mode => variant.Mode;

    public async Task<Sample> MeasureAsync(int messages, CancellationToken cancellationToken)
    {
        var run = new LatencyRun(broker, BenchBroker.NewQueueName(variant.Name), kind, messages);
        await variant.DeclareAsync(run, cancellationToken);
        try
        {
            var draining = variant.DrainAsync(run, cancellationToken);
            while (!draining.IsCompleted && !await broker.HasConsumerAsync(run.Queue, cancellationToken))
            {
                await Task.Delay(LookAgain, TimeProvider.System, cancellationToken);
            }
            await PublishAsync(run, cancellationToken);
            var sample = await draining;
            return sample with { Latency = run.Measured };
        }
        finally
        {
            await variant.DeleteAsync(run);
        }
    }

    private static async Task PublishAsync(LatencyRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Broker.OpenAsync(cancellationToken);
        await using var publisher = await ConfirmedPublisher.OpenAsync(connection, window: 1_000, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < run.Count; i++)
        {
            // The timer is coarser than the gap between two: those that are due are published at once, for every variant alike.
            while (Stopwatch.GetElapsedTime(start).TotalSeconds * PerSecond < i)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            }
            var task = BenchTask.Create(Guid.Empty, TimeProvider.System.GetUtcNow());
            task.Id = run.Sending(i);
            await publisher.PublishAsync(run.Queue, JsonSerializer.SerializeToUtf8Bytes(task, BenchJson.Default.BenchTask), cancellationToken);
        }
        await publisher.FlushAsync(cancellationToken);
    }
}
