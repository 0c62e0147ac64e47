using Confluent.Kafka;
using Consumers.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Kafka;

/// <summary>Consumes the work topic and the retry topics, each group consumer after consumer, until drained.</summary>
internal sealed partial class KafkaTaskSource(KafkaModule module, Func<Func<Delivery, ValueTask>> executor, DrainSignals drain, ILogger<KafkaTaskSource> logger) : BackgroundService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>How long leaving the group may take once settling is given up.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!module.Options.Enabled)
        {
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, drain.Draining);
        var workers = new KeyWorkers(module.Options.Workers, executor(), module.IsPaused, module.Time);
        module.Running = () => workers.Running;
        var working = workers.RunAsync();
        var watching = module.Watch.RunAsync(stop.Token);
        try
        {
            var consuming = module.Names.Groups.Select(group => ConsumeAsync(group, workers, stop.Token)).ToArray();
            // One that fails for good ends the other: a fleet that takes no work but goes on retrying would look alive.
            await await Task.WhenAny(consuming);
            await Task.WhenAll(consuming);
        }
        finally
        {
            workers.Complete();
            await stop.CancelAsync();
        }
        await working.WaitAsync(drain.Abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await watching;
    }

    private async Task ConsumeAsync(KafkaGroup group, KeyWorkers workers, CancellationToken stopping)
    {
        var wait = FirstWait;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await module.Topology.EnsureAsync(stopping);
                var began = module.Time.GetTimestamp();
                var loop = new ConsumerLoop(module, group, workers, drain, logger);
                using var listed = module.List(loop);
                await UntilAbortAsync(loop.RunAsync());
                wait = module.Time.GetElapsedTime(began) > LongestWait ? FirstWait : wait;
                continue;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (KafkaTopologyException e)
            {
                module.Health.Failed(e.Message);
                Log.Refused(logger, e.Message);
            }
            catch (KafkaException e)
            {
                module.Health.Down(e.Error.Reason);
                Log.Failed(logger, e.Error.Reason, wait);
            }
            await Task.Delay(wait, module.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    private async Task UntilAbortAsync(Task loop)
    {
        var aborted = new TaskCompletionSource();
        await using var registration = drain.Abort.Register(aborted.SetResult);
        if (await Task.WhenAny(loop, aborted.Task) != loop)
        {
            await Task.WhenAny(loop, Task.Delay(LeaveTimeout, module.Time));
        }
        if (loop.IsCompleted)
        {
            await loop;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Nothing is consumed from Kafka: {Error}")]
        public static partial void Refused(ILogger logger, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Nothing is consumed from Kafka: {Error}. Next try in {Wait}")]
        public static partial void Failed(ILogger logger, string error, TimeSpan wait);
    }
}
