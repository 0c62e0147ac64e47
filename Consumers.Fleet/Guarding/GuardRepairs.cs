using System.Collections.Concurrent;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>
/// Writes to the guard's store that nobody waits for: notes of what is paid, and outcomes that could not be written while it was away.
/// An outcome that were never written would leave its attempt running in the eyes of the others.
/// </summary>
internal sealed class GuardRepairs(IGuardStore store)
{
    /// <summary>Outcomes are bounded by what runs; notes are dropped above this, which costs a duplicate that is suppressed.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentQueue<Repair> _waiting = new();
    private volatile Task _running = Task.CompletedTask;
    private int _isRunning;
    private long _unguarded;

    /// <summary>Attempts that began without the store since the process started.</summary>
    public long Unguarded => Volatile.Read(ref _unguarded);

    public void CountUnguarded() => Interlocked.Increment(ref _unguarded);

    /// <summary>An outcome that could not be written.</summary>
    public void Add(string taskId, string expected, string next)
    {
        _waiting.Enqueue(new Repair(taskId, expected, next));
        Start();
    }

    /// <summary>What is merely good to know.</summary>
    public void Note(string taskId, string expected, string next)
    {
        if (_waiting.Count < Most)
        {
            Add(taskId, expected, next);
        }
    }

    /// <summary>Begins to write what waits, unless that is going on. Called again when the store is back.</summary>
    public void Start()
    {
        if (!_waiting.IsEmpty && Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            _running = RunAsync();
        }
    }

    /// <summary>Waits for what is being written.</summary>
    public Task FlushAsync()
    {
        Start();
        return _running;
    }

    private async Task RunAsync()
    {
        // Off the caller's thread: it has a delivery to acknowledge.
        await Task.Yield();
        try
        {
            while (_waiting.TryPeek(out var repair))
            {
                // Another value means that another owner has gone on with the task: then there is nothing to mend.
                await store.ReplaceAsync(repair.TaskId, repair.Expected, repair.Next, told: null, CancellationToken.None);
                _waiting.TryDequeue(out _);
            }
        }
        catch (FleetUnavailableException)
        {
            // Tried again when it is back.
            return;
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
        // What was added while the last one ended.
        Start();
    }

    private readonly record struct Repair(string TaskId, string Expected, string Next);
}
