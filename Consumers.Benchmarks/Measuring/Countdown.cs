using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>Counts the messages of one run and takes its figures when the last is settled. Safe from many threads.</summary>
internal class Countdown(int count)
{
    private static readonly ValueTask<TaskOutcome> Done = new(TaskOutcome.Success());

    private readonly TaskCompletionSource<Sample> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _handled;

    public int Count => count;

    public Meter Meter { get; } = new();

    /// <summary>Whether attempts may fail and be retried.</summary>
    public virtual bool ExpectsRetries => false;

    /// <summary>Completes with the figures when the last message is settled.</summary>
    public Task<Sample> Finished => _finished.Task;

    /// <summary>A task is with its handler.</summary>
    public virtual void Arrived(string taskId)
    {
    }

    /// <summary>What the fleet's handler answers: success at once, unless the run is about something else.</summary>
    public virtual ValueTask<TaskOutcome> OutcomeAsync(string taskId, CancellationToken cancellationToken) => Done;

    /// <summary>Counts a message; true for the last.</summary>
    public bool IsLast() => Interlocked.Increment(ref _handled) == count;

    /// <summary>The last message is settled: the clock stops here, whatever a variant still does to close.</summary>
    public void Finish() => _finished.TrySetResult(Meter.Stop(count));

    public void Fail(string why) => _finished.TrySetException(new RunFailedException(why));
}
