using System.Collections.Concurrent;

namespace Consumers.Core;

/// <summary>What this process has done since it started, by module.</summary>
public sealed class PipelineStats
{
    private readonly ConcurrentDictionary<string, ModuleStats> _modules = new(StringComparer.Ordinal);

    public ModuleStats For(string module) => _modules.GetOrAdd(module, static name => new ModuleStats(name));

    public IReadOnlyCollection<ModuleStats> All => (IReadOnlyCollection<ModuleStats>)_modules.Values;
}

/// <summary>Counts of one module in this process. Each is read by itself: together they are no snapshot.</summary>
public sealed class ModuleStats(string module)
{
    private long _delivered;
    private long _completed;
    private long _retried;
    private long _dead;
    private long _failed;
    private long _busyTicks;
    private long _lastRun;
    private long _duplicates;
    private long _parked;
    private long _paused;
    private long _handedBack;
    private long _stale;
    private long _dropped;
    private int _running;
    private int _abandoned;
    private long _lastBegunTicks;
    private readonly ConcurrentDictionary<long, RunningTask> _tasks = new();
    private volatile TaskError? _lastError;

    public string Module { get; } = module;

    public long Delivered => Volatile.Read(ref _delivered);

    public long Completed => Volatile.Read(ref _completed);

    public long Retried => Volatile.Read(ref _retried);

    public long Dead => Volatile.Read(ref _dead);

    /// <summary>Deliveries of an attempt that was settled already: no handler ran.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Deliveries sent to wait, because another owner runs the attempt, it is not due, or its type is paused.</summary>
    public long Parked => Volatile.Read(ref _parked);

    /// <summary>Of those parked: because their task type is paused.</summary>
    public long Paused => Volatile.Read(ref _paused);

    public long HandedBack => Volatile.Read(ref _handedBack);

    /// <summary>Outcomes that changed nothing, because another owner had taken the attempt over.</summary>
    public long Stale => Volatile.Read(ref _stale);

    /// <summary>Deliveries that were found neither settled nor handed back long after their time; the broker delivers them again.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Handlers that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Handlers that ignored their cancellation and still run, beside those.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>When the task was created whose first attempt began last: what still waits behind it in the queue is hardly older. Null before the first.</summary>
    public DateTimeOffset? LastBegunCreatedAt => Volatile.Read(ref _lastBegunTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The tasks in them, the longest first.</summary>
    // The dictionary's own copy is taken under its locks; one that LINQ takes of it may run out of room when a task begins meanwhile, and throws.
    public IReadOnlyList<RunningTask> LongestRunning(int atMost) => [.. _tasks.ToArray().OrderBy(task => task.Key).Take(atMost).Select(task => task.Value)];

    /// <summary>Of the last attempt that failed; null when none did.</summary>
    public TaskError? LastError => _lastError;

    public TaskCounts Totals => new(
        Completed, Volatile.Read(ref _failed), Retried, Dead, Duplicates, (long)TimeSpan.FromTicks(Volatile.Read(ref _busyTicks)).TotalMilliseconds);

    internal void CountDelivered() => Interlocked.Increment(ref _delivered);

    internal void CountDuplicate() => Interlocked.Increment(ref _duplicates);

    internal void CountParked() => Interlocked.Increment(ref _parked);

    internal void CountPaused() => Interlocked.Increment(ref _paused);

    internal void CountHandedBack() => Interlocked.Increment(ref _handedBack);

    internal void CountStale() => Interlocked.Increment(ref _stale);

    internal void CountAbandoned(int more) => Interlocked.Add(ref _abandoned, more);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    /// <summary>Returns what <see cref="CountEnded"/> wants back.</summary>
    internal long CountStarted(TaskContext context, DateTimeOffset at)
    {
        Interlocked.Increment(ref _running);
        if (context is { Attempt: 1, CreatedAt: { } createdAt })
        {
            Volatile.Write(ref _lastBegunTicks, createdAt.UtcTicks);
        }
        var run = Interlocked.Increment(ref _lastRun);
        _tasks[run] = new RunningTask(context.Id, context.Type, at);
        return run;
    }

    internal void CountEnded(long run, TimeSpan busy)
    {
        _tasks.TryRemove(run, out _);
        Interlocked.Add(ref _busyTicks, busy.Ticks);
        Interlocked.Decrement(ref _running);
    }

    internal void NoteError(string taskId, string error, DateTimeOffset at) => _lastError = new TaskError(taskId, error, at);

    /// <summary>A message that is no task was dead-lettered.</summary>
    internal void CountRejected() => Interlocked.Increment(ref _dead);

    internal void CountSettled(Settlement settlement)
    {
        switch (settlement)
        {
            case Settlement.Ack:
                Interlocked.Increment(ref _completed);
                break;
            case Settlement.Retry:
                Interlocked.Increment(ref _retried);
                break;
            default:
                Interlocked.Increment(ref _failed);
                Interlocked.Increment(ref _dead);
                break;
        }
    }
}
