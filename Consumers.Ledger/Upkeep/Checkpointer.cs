using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>
/// Copies the write-ahead log into the ledger's file, in one process of the fleet: the one that holds a file's lock, which the operating system
/// passes on when that process ends. The work itself is done by the writer's thread.
/// </summary>
internal sealed partial class Checkpointer(LedgerDatabase database, LedgerWriter writer, TimeProvider time, ILogger<Checkpointer> logger) : BackgroundService
{
    /// <summary>From this size on the log is copied.</summary>
    public const long CopyFrom = 4 * 1024 * 1024;

    /// <summary>From this size on it is also cut off, which makes writers wait a moment.</summary>
    public const long CutFrom = 64 * 1024 * 1024;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ElectionRound = TimeSpan.FromSeconds(5);

    /// <summary>Rounds in which the log did not grow, after which nobody minds that it is cut off.</summary>
    private const int IdleRounds = 10;

    private long _lastSize;
    private int _idle;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var held = await WinAsync(stoppingToken);
            using var timer = new PeriodicTimer(Round, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>One look at the log's size, and what follows from it.</summary>
    internal void Look()
    {
        var log = new FileInfo(database.Path + "-wal");
        var size = log.Exists ? log.Length : 0;
        _idle = size == _lastSize && size > 0 ? _idle + 1 : 0;
        _lastSize = size;
        if (size >= CutFrom || _idle == IdleRounds)
        {
            writer.RunBetweenBatches(static connection => connection.Checkpoint(truncate: true));
        }
        else if (size >= CopyFrom)
        {
            writer.RunBetweenBatches(static connection => connection.Checkpoint(truncate: false));
        }
    }

    private async Task<FileStream> WinAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (FileLock.TryTake(database.Path + ".checkpoint.lock") is { } held)
                {
                    Log.Elected(logger, database.Path);
                    return held;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.NoLock(logger, e, database.Path);
            }
            await Task.Delay(ElectionRound, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "This process makes the checkpoints of {Path}.")]
        public static partial void Elected(ILogger logger, string path);

        [LoggerMessage(2, LogLevel.Warning, "The lock file for the checkpoints of {Path} cannot be opened; its write-ahead log grows until another process makes them.")]
        public static partial void NoLock(ILogger logger, Exception exception, string path);
    }
}
