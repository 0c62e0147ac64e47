using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>
/// Empties the dead-letter queues into the archive, and acknowledges only what is there. Every instance may do it at once: whoever is given a message archives it, and one that is
/// given twice is known by its identity.
/// </summary>
internal sealed partial class DeadLetterArchivist(
    IEnumerable<IDeadLetterSource> sources, IDeadLetterArchive archive, IOptions<ConsumersOptions> options, TimeProvider time, ILogger<DeadLetterArchivist> logger) : BackgroundService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromSeconds(30);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.DeadLetters.Archive ? Task.WhenAll(sources.Select(source => RunAsync(source, stoppingToken))) : Task.CompletedTask;

    /// <summary>A source waits out its broker and an archive its ledger; what else goes wrong is tried again, and the messages stay where they are.</summary>
    private async Task RunAsync(IDeadLetterSource source, CancellationToken stopping)
    {
        var wait = FirstWait;
        while (!stopping.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await source.RunAsync(ArchiveAsync, stopping);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                wait = time.GetElapsedTime(began) > LongestWait ? FirstWait : wait;
                Log.Failed(logger, e, source.Module, wait);
            }
            await Task.Delay(wait, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    private async ValueTask ArchiveAsync(IReadOnlyList<DeadLetter> batch, CancellationToken cancellationToken)
    {
        await archive.AddAsync(batch, cancellationToken);
        CrashPoint.Hit(CrashPoints.Archived);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Dead letters of module {Module} could not be archived; they stay with the broker, next try in {Wait}")]
        public static partial void Failed(ILogger logger, Exception exception, string module, TimeSpan wait);
    }
}
