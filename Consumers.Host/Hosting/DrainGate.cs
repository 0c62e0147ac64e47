using Consumers.Core;
using Consumers.Host.Pages;

namespace Consumers.Host.Hosting;

/// <summary>
/// Holds the stop of every other service until what runs is done: meanwhile health answers "draining", and the pages work. When all have stopped, says what became of what was in flight.
/// </summary>
internal sealed partial class DrainGate(PipelineStats stats, DrainSignals drain, FlightRecorder flights, IServiceProvider services, TimeProvider time, ILogger<DrainGate> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (HostRun.Failure(services) is { } failure)
        {
            flights.Because($"failed: {TaskHeaders.CleanError(failure.Message)}");
        }
        Log.Draining(logger, Running());
        // The timeout is the drain's own: after it the handlers are interrupted and what they did is handed back.
        while (Running() > 0 && !drain.Interrupt.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Step, time, CancellationToken.None);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        var receipt = flights.Receipt();
        Log.Drained(
            logger,
            receipt.Reason,
            Words.Duration(receipt.DrainedFor ?? TimeSpan.Zero),
            receipt.InFlight,
            receipt.Finished,
            receipt.HandedBack,
            receipt.Abandoned,
            string.Join(", ", receipt.Tasks.Select(task => $"{task.Module} {task.Id} {task.Fate}")));
        return Task.CompletedTask;
    }

    private int Running() => stats.All.Sum(module => module.Running);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Draining: no new work; {Running} running tasks may finish")]
        public static partial void Draining(ILogger logger, int running);

        [LoggerMessage(2, LogLevel.Information, "Drained ({Reason}) in {Duration}: in flight {InFlight}, finished {Finished}, handed back {HandedBack}, abandoned {Abandoned}. {Tasks}")]
        public static partial void Drained(ILogger logger, string reason, string duration, int inFlight, int finished, int handedBack, int abandoned, string tasks);
    }
}
