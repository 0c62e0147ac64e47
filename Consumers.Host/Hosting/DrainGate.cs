using Consumers.Core;

namespace Consumers.Host.Hosting;

/// <summary>Holds the stop of every other service until what runs is done: meanwhile health answers "draining", and the pages work.</summary>
internal sealed partial class DrainGate(PipelineStats stats, DrainSignals drain, TimeProvider time, ILogger<DrainGate> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var running = Running();
        Log.Draining(logger, running);
        // The timeout is the drain's own: after it the handlers are interrupted and what they did is handed back.
        while (Running() > 0 && !drain.Interrupt.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Step, time, CancellationToken.None);
        }
        Log.Drained(logger, running - Running());
    }

    private int Running() => stats.All.Sum(module => module.Running);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Draining: no new work; {Running} running tasks may finish")]
        public static partial void Draining(ILogger logger, int running);

        [LoggerMessage(2, LogLevel.Information, "Drained: {Finished} of the running tasks finished")]
        public static partial void Drained(ILogger logger, int finished);
    }
}
