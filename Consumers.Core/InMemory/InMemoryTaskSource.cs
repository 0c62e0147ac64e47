using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Consumers.Core.InMemory;

/// <summary>Takes deliveries from the in-memory broker and runs them, as many at once as the backlog asks for, between the bounds.</summary>
public sealed class InMemoryTaskSource(InMemoryBroker broker, Func<TaskExecutor> executor, DrainSignals drain, ElasticConcurrency slots, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan ObserveInterval = TimeSpan.FromMilliseconds(200);

    // Not with SingleReader: such a channel cannot say how many wait.
    private readonly Channel<InMemoryDelivery> _deliveries = Channel.CreateUnbounded<InMemoryDelivery>();
    private InMemoryConsumer? _consumer;
    private int _prefetch;
    private int _running;

    public IReadOnlyList<LaneState> Lanes => [new(0, slots.Limit, _prefetch, Volatile.Read(ref _running), Volatile.Read(ref _running) + _deliveries.Reader.Count)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pipeline = executor();
        var running = new HashSet<Task>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, drain.Draining);
        _prefetch = slots.Limit * 2;
        _consumer = broker.Consume(_prefetch, delivery => _deliveries.Writer.TryWrite(delivery));
        var observing = ObserveAsync(stop.Token);
        try
        {
            while (true)
            {
                var delivery = await _deliveries.Reader.ReadAsync(stop.Token).ConfigureAwait(false);
                try
                {
                    await slots.EnterAsync(stop.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    await delivery.SettleAsync(Settlement.HandBack.Instance, null, CancellationToken.None).ConfigureAwait(false);
                    throw;
                }
                running.Add(RunAsync(pipeline, delivery));
                running.RemoveWhere(task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _consumer.Cancel();
            while (_deliveries.Reader.TryRead(out var delivery))
            {
                await delivery.SettleAsync(Settlement.HandBack.Instance, null, CancellationToken.None).ConfigureAwait(false);
            }
        }
        await Task.WhenAll(running).ConfigureAwait(false);
        _consumer.Dispose();
        await observing.ConfigureAwait(false);
    }

    /// <summary>For tests: as if the connection broke. What was delivered and not acknowledged is delivered again.</summary>
    public void BreakConnection()
    {
        _consumer?.Dispose();
        _consumer = broker.Consume(_prefetch, delivery => _deliveries.Writer.TryWrite(delivery));
    }

    private async Task RunAsync(TaskExecutor pipeline, InMemoryDelivery delivery)
    {
        Interlocked.Increment(ref _running);
        try
        {
            await pipeline.ExecuteAsync(delivery).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            slots.Exit();
        }
    }

    private async Task ObserveAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(ObserveInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                slots.Observe(_deliveries.Reader.Count);
                if (_prefetch != slots.Limit * 2)
                {
                    _prefetch = slots.Limit * 2;
                    _consumer?.SetPrefetch(_prefetch);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }
}
