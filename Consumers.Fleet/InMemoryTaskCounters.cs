using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>The counters of a fleet of one process. What a task is and was counted as is kept for the last tasks only.</summary>
public sealed class InMemoryTaskCounters(InstanceIdentity identity, int remembered = InMemoryTaskCounters.Remembered) : ITaskCounters, ITaskCountReader
{
    /// <summary>Tasks whose status is kept, unless said otherwise.</summary>
    public const int Remembered = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Known> _tasks = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private TaskCounts _counts;

    public CountsBehind? Behind => null;

    public void Queued(string taskId)
    {
        lock (_lock)
        {
            // A fast consumer may have been told of it before its producer was.
            Of(taskId).State ??= TaskState.Queued;
        }
    }

    public void Began(AttemptKey key)
    {
        lock (_lock)
        {
            var task = Of(key.TaskId);
            if (!task.Counted.Contains((key.Series, 0)))
            {
                task.State = TaskState.Processing;
            }
        }
    }

    public void Ended(AttemptKey key, CountedAs counted, TimeSpan busy)
    {
        lock (_lock)
        {
            Count(key, counted, (long)busy.TotalMilliseconds);
        }
    }

    public void Duplicate(AttemptKey key, CountedAs? counted)
    {
        lock (_lock)
        {
            _counts = _counts with { Duplicates = _counts.Duplicates + 1 };
            if (counted is { } settled)
            {
                Count(key, settled, 0);
            }
        }
    }

    public void HandedBack(AttemptKey key)
    {
        lock (_lock)
        {
            var task = Of(key.TaskId);
            if (!task.Counted.Contains((key.Series, 0)))
            {
                task.State = TaskState.Queued;
            }
        }
    }

    public void Rejected()
    {
        lock (_lock)
        {
            _counts = _counts with { Dead = _counts.Dead + 1 };
        }
    }

    public ValueTask<IReadOnlyDictionary<string, TaskCounts>> CountsAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(new Dictionary<string, TaskCounts>(StringComparer.Ordinal) { [identity.Name] = _counts });
        }
    }

    public ValueTask<TaskState?> StatusAsync(string taskId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_tasks.GetValueOrDefault(taskId)?.State);
        }
    }

    /// <summary>Called under the lock.</summary>
    private void Count(AttemptKey key, CountedAs counted, long busyMs)
    {
        var task = Of(key.TaskId);
        if (!task.Counted.Add((key.Series, counted == CountedAs.Retried ? key.Attempt : 0)))
        {
            return;
        }
        (_counts, task.State) = counted switch
        {
            CountedAs.Processed => (_counts with { Processed = _counts.Processed + 1 }, TaskState.Completed),
            CountedAs.Failed => (_counts with { Failed = _counts.Failed + 1, Dead = _counts.Dead + 1 }, TaskState.Failed),
            _ => (_counts with { Retried = _counts.Retried + 1 }, task.Counted.Contains((key.Series, 0)) ? task.State : TaskState.Queued),
        };
        _counts = _counts with { BusyMs = _counts.BusyMs + busyMs };
    }

    /// <summary>Called under the lock.</summary>
    private Known Of(string taskId)
    {
        if (!_tasks.TryGetValue(taskId, out var task))
        {
            _tasks[taskId] = task = new Known();
            _order.Enqueue(taskId);
            if (_order.Count > remembered)
            {
                _tasks.Remove(_order.Dequeue());
            }
        }
        return task;
    }

    private sealed class Known
    {
        public TaskState? State { get; set; }

        /// <summary>Series and attempt; the attempt is 0 for the end of the series.</summary>
        public HashSet<(int Series, int Attempt)> Counted { get; } = [];
    }
}
