using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Consumers.Benchmarks;

/// <summary>Publishes tasks that the host's own <c>sleep</c> handler does at once, at a fixed rate.</summary>
internal static class SteadyTasks
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <summary>Publishes until it is cancelled, and has got every confirm when it returns.</summary>
    public static async Task PublishAsync(BrokerRun run, int perSecond, CancellationToken cancellationToken)
    {
        await using var connection = await run.Broker.OpenAsync(CancellationToken.None);
        await using var publisher = await ConfirmedPublisher.OpenAsync(connection, window: 1_000, CancellationToken.None);
        var start = Stopwatch.GetTimestamp();
        for (var sent = 0; !cancellationToken.IsCancellationRequested; )
        {
            for (var due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond); sent < due; sent++)
            {
                await publisher.PublishAsync(run.Queue, Body(), CancellationToken.None);
            }
            await Task.Delay(Look, TimeProvider.System, CancellationToken.None);
        }
        await publisher.FlushAsync(CancellationToken.None);
    }

    private static byte[] Body() => Encoding.UTF8.GetBytes($$$"""{"id":"{{{Guid.CreateVersion7()}}}","type":"sleep","payload":{"complexityMs":0},"createdAt":{{{JsonSerializer.Serialize(TimeProvider.System.GetUtcNow())}}}}""");
}
