namespace Consumers.Core;

/// <summary>
/// Told of every task of the modules that count. A task is counted once however often it is delivered: processed or failed once a series, retried once an attempt.
/// No call waits for anything or throws, whatever the counters are kept in.
/// </summary>
public interface ITaskCounters
{
    /// <summary>The producer's word: the broker has the task.</summary>
    void Queued(string taskId);

    /// <summary>A handler is about to run.</summary>
    void Began(AttemptKey key);

    /// <summary>The outcome is settled.</summary>
    /// <param name="busy">Spent in the handler.</param>
    void Ended(AttemptKey key, CountedAs counted, TimeSpan busy);

    /// <summary>A delivery of an attempt that was settled already.</summary>
    /// <param name="counted">What it was settled as, where that is known: whoever settled it may have died before it was counted.</param>
    void Duplicate(AttemptKey key, CountedAs? counted);

    /// <summary>Shutdown interrupted it: it waits in its queue again.</summary>
    void HandedBack(AttemptKey key);

    /// <summary>A message that is no task was dead-lettered.</summary>
    void Rejected();
}

/// <summary>The counters as pages and the API read them.</summary>
public interface ITaskCountReader
{
    /// <summary>By CONSUMER_ID, over all processes that ever had the name.</summary>
    /// <exception cref="FleetUnavailableException">They cannot be read now.</exception>
    ValueTask<IReadOnlyDictionary<string, TaskCounts>> CountsAsync(CancellationToken cancellationToken);

    /// <summary><c>QUEUED</c>, <c>PROCESSING</c>, <c>COMPLETED</c> or <c>FAILED</c>; a task that waits for its retry is queued again. Null when nothing is known, as after 24 hours.</summary>
    /// <exception cref="FleetUnavailableException">It cannot be read now.</exception>
    ValueTask<TaskState?> StatusAsync(string taskId, CancellationToken cancellationToken);

    /// <summary>How far this instance's counts are behind; null when they are not.</summary>
    CountsBehind? Behind { get; }
}

/// <param name="Since">Since when counts wait.</param>
/// <param name="Buffered">Tasks whose count waits in this process.</param>
/// <param name="Dropped">Tasks that the full buffer could not hold: they are still counted, but their status is not written.</param>
/// <param name="Why">For people.</param>
public sealed record CountsBehind(DateTimeOffset Since, int Buffered, long Dropped, string Why);

/// <summary>What the instances share cannot be read now. The message says why and is fit for people.</summary>
public sealed class FleetUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
