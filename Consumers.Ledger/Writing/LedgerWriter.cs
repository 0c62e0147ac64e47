using System.Diagnostics.Metrics;
using Consumers.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Ledger;

/// <summary>
/// The one writer of a process. It takes what is queued, writes it in one transaction and completes all callers; while it does, the next batch forms.
/// A ledger that is locked, full, read-only or unreadable fails nobody: the batch is rolled back and tried again until it is durable.
/// </summary>
internal sealed partial class LedgerWriter(LedgerDatabase database, LedgerHealth health, TimeProvider time, ILogger<LedgerWriter> logger) : IDisposable
{
    /// <summary>For how long an instance counts as alive after it last said so.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private static readonly Histogram<double> CommitDuration = TaskTelemetry.Meter.CreateHistogram(
        "consumers.ledger.commit.duration", "s", "From asking for the write lock to the end of the commit",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Histogram<int> CommitSize = TaskTelemetry.Meter.CreateHistogram(
        "consumers.ledger.commit.size", "{write}", "Writes that share a commit",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(1);

    private readonly CommandQueue _queue = new();
    private readonly List<LedgerCommand> _batch = [];
    private readonly object _start = new();
    private Thread? _thread;
    private WriterConnection? _connection;
    private LedgerTransaction? _transaction;
    private bool _isOut;

    /// <summary>For tests: what happens right after a commit whose answer is then lost.</summary>
    internal Action? AfterCommit { get; set; }

    /// <summary>Starts the thread; what was queued before waits for it.</summary>
    public void Start()
    {
        lock (_start)
        {
            if (_thread is null)
            {
                _thread = new Thread(Loop) { IsBackground = true, Name = "ledger writer" };
                _thread.Start();
            }
        }
    }

    /// <summary>Runs the work in the next transaction; returns when that is durable. Waits as long as the ledger cannot be written.</summary>
    /// <param name="isOutcome">The commit must outlive a power cut.</param>
    /// <param name="cancellationToken">Takes the work out of the queue while it has not begun.</param>
    public Task<T> RunAsync<T>(Func<LedgerTransaction, T> work, bool isOutcome, CancellationToken cancellationToken) =>
        RunAsync(new LedgerWork<T>(work, isOutcome), cancellationToken).AsTask();

    /// <inheritdoc cref="RunAsync{T}(Func{LedgerTransaction, T}, bool, CancellationToken)" />
    public ValueTask<T> RunAsync<T>(LedgerCommand<T> command, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }
        command.CancelWith(cancellationToken);
        if (!_queue.Add(command))
        {
            command.Fail(Closed());
        }
        return command.Completed;
    }

    /// <summary>Runs the work with some later batch; nobody waits for it, and it is dropped when too much of it piles up.</summary>
    public void RunLazily(Action<LedgerTransaction> work) => _queue.AddLazy(new LedgerWork<bool>(
        transaction =>
        {
            work(transaction);
            return true;
        },
        isOutcome: false));

    /// <summary>Runs the work on the writer's thread, outside any transaction.</summary>
    public void RunBetweenBatches(Action<WriterConnection> work) => _queue.AddBetween(work);

    /// <summary>Writes what is queued, then ends. While the ledger is unwell it is tried once more, and what cannot be written is refused to its callers.</summary>
    public void Dispose()
    {
        _queue.Close();
        Start();
        _thread!.Join();
    }

    private void Loop()
    {
        while (_queue.Take(_batch, out var between))
        {
            if (between is not null)
            {
                RunBetween(between);
                continue;
            }
            Write(_batch);
            _batch.Clear();
        }
        CloseConnection();
    }

    private void Write(List<LedgerCommand> batch)
    {
        try
        {
            WriteUntilDurable(batch);
        }
        catch (Exception e) when (batch.Count > 1)
        {
            Log.BatchFailed(logger, e, batch.Count);
            foreach (var command in batch)
            {
                WriteAlone(command);
            }
        }
        catch (Exception e)
        {
            Log.CommandFailed(logger, e);
            batch[0].Fail(e);
        }
    }

    /// <summary>One command is wrong: the others of its batch must not pay for it.</summary>
    private void WriteAlone(LedgerCommand command)
    {
        try
        {
            WriteUntilDurable([command]);
        }
        catch (Exception e)
        {
            Log.CommandFailed(logger, e);
            command.Fail(e);
        }
    }

    private void WriteUntilDurable(List<LedgerCommand> batch)
    {
        while (true)
        {
            batch.RemoveAll(command => command.IsAbandoned);
            if (batch.Count == 0)
            {
                return;
            }
            try
            {
                WriteOnce(batch);
                break;
            }
            catch (Exception e) when (e is LedgerFault { IsOutage: true } or LedgerUnusableException)
            {
                RollBack(e as LedgerFault);
                ReportOutage(e);
                if (_queue.IsClosed)
                {
                    batch.ForEach(command => command.Fail(Closed()));
                    return;
                }
                _queue.Pause(database.Options.ProbeInterval);
                while (_queue.TryTakeBetween(out var between))
                {
                    RunBetween(between);
                }
            }
            catch
            {
                RollBack(null);
                throw;
            }
        }
        CommittedBatch.Complete(batch);
    }

    private void WriteOnce(List<LedgerCommand> batch)
    {
        var connection = Connection();
        var began = time.GetTimestamp();
        var holdsOutcome = batch.Exists(command => command.IsOutcome);
        TakeWriteLock(connection, holdsOutcome);
        _transaction!.Begin(time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var command in batch)
        {
            command.Execute(_transaction);
        }
        _transaction.WriteCounters();
        if (holdsOutcome)
        {
            CrashPoint.Hit(CrashPoints.InTransaction);
        }
        connection.Commit();
        CommitDuration.Record(time.GetElapsedTime(began).TotalSeconds);
        CommitSize.Record(batch.Count);
        AfterCommit?.Invoke();
        if (_isOut)
        {
            _isOut = false;
            Log.Recovered(logger, database.Path);
        }
        health.Report(DependencyHealth.Up, database.Path);
    }

    private void TakeWriteLock(WriterConnection connection, bool full)
    {
        var since = time.GetTimestamp();
        while (!connection.TryBegin(full))
        {
            if (time.GetElapsedTime(since) >= database.Options.BusyTimeout || _isOut)
            {
                throw new LedgerFault(SQLitePCL.raw.SQLITE_BUSY, "database is locked");
            }
            _queue.Pause(LockPoll);
        }
    }

    private void RunBetween(Action<WriterConnection> work)
    {
        try
        {
            work(Connection());
        }
        catch (LedgerFault fault) when (fault.IsOutage)
        {
            RollBack(fault);
            ReportOutage(fault);
        }
        catch (Exception e)
        {
            RollBack(null);
            Log.CommandFailed(logger, e);
        }
    }

    private WriterConnection Connection()
    {
        if (_connection is null)
        {
            _connection = new WriterConnection(database);
            _transaction = new LedgerTransaction(_connection);
        }
        return _connection;
    }

    private void RollBack(LedgerFault? fault)
    {
        try
        {
            _connection?.RollBack();
        }
        catch (LedgerFault)
        {
            CloseConnection();
        }
        if (fault is { NeedsNewConnection: true })
        {
            CloseConnection();
        }
    }

    private void CloseConnection()
    {
        _connection?.Dispose();
        _connection = null;
        _transaction = null;
    }

    private void ReportOutage(Exception exception)
    {
        _isOut = true;
        var description = exception is LedgerFault fault ? LedgerFault.Describe(fault.Code, database.Path) : exception.Message;
        if (health.Report(DependencyHealth.Down, description))
        {
            Log.Outage(logger, exception, description);
        }
    }

    private static OperationCanceledException Closed() => new("the ledger is closed: this process is stopping");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The ledger cannot be written, and everything that needs it waits: {Description}")]
        public static partial void Outage(ILogger logger, Exception exception, string description);

        [LoggerMessage(2, LogLevel.Information, "The ledger {Path} is written again.")]
        public static partial void Recovered(ILogger logger, string path);

        [LoggerMessage(3, LogLevel.Warning, "A batch of {Count} ledger writes failed and is written one by one.")]
        public static partial void BatchFailed(ILogger logger, Exception exception, int count);

        [LoggerMessage(4, LogLevel.Error, "A ledger write failed.")]
        public static partial void CommandFailed(ILogger logger, Exception exception);
    }
}
