using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Consumers.Core.InMemory;

/// <summary>Takes deliveries from the in-memory broker and runs them, as many at once as the backlog asks for, between the bounds.</summary>
public sealed class InMemoryTaskSource(InMemoryBroker broker, Func<TaskExecutor> executor, DrainSignals drain, ElasticConcurrency slots, Func<bool> isPaused, TimeProvider time) : BackgroundService
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
        using var timer = new PeriodicTimer(ObserveInterval, time);
        _prefetch = slots.Limit * 2;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                while (isPaused())
                {
                    await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false);
                }
                await TakeUntilPausedAsync(pipeline, running, timer, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        await Task.WhenAll(running).ConfigureAwait(false);
        _consumer?.Dispose();
    }

    private async Task TakeUntilPausedAsync(TaskExecutor pipeline, HashSet<Task> running, PeriodicTimer timer, CancellationToken stop)
    {
        using var taking = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _consumer = broker.Consume(_prefetch, delivery => _deliveries.Writer.TryWrite(delivery));
        var observing = ObserveAsync(timer, taking);
        var notBegun = new Stack<InMemoryDelivery>();
        try
        {
            while (true)
            {
                notBegun.Push(await _deliveries.Reader.ReadAsync(taking.Token).ConfigureAwait(false));
                await slots.EnterAsync(taking.Token).ConfigureAwait(false);
                if (isPaused())
                {
                    slots.Exit();
                    return;
                }
                running.Add(RunAsync(pipeline, notBegun.Pop()));
                running.RemoveWhere(task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (taking.IsCancellationRequested)
        {
        }
        finally
        {
            // What it still runs is settled with it all the same.
            _consumer.Cancel();
            await taking.CancelAsync().ConfigureAwait(false);
            await observing.ConfigureAwait(false);
            while (_deliveries.Reader.TryRead(out var delivery))
            {
                notBegun.Push(delivery);
            }
            // The last first: each goes to the head of the queue.
            foreach (var delivery in notBegun)
            {
                await delivery.SettleAsync(Settlement.HandBack.Instance, null, CancellationToken.None).ConfigureAwait(false);
            }
        }
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

    private async Task ObserveAsync(PeriodicTimer timer, CancellationTokenSource taking)
    {
        try
        {
            while (await timer.WaitForNextTickAsync(taking.Token).ConfigureAwait(false))
            {
                if (isPaused())
                {
                    await taking.CancelAsync().ConfigureAwait(false);
                    return;
                }
                slots.Observe(_deliveries.Reader.Count);
                if (_prefetch != slots.Limit * 2)
                {
                    _prefetch = slots.Limit * 2;
                    _consumer?.SetPrefetch(_prefetch);
                }
            }
        }
        catch (OperationCanceledException) when (taking.IsCancellationRequested)
        {
        }
    }
}
