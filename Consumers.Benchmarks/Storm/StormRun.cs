using System.Collections.Concurrent;
using System.Diagnostics;
using Consumers.Core;

namespace Consumers.Benchmarks;

/// <summary>A run whose tasks all fail at their first attempt and succeed at their second, a tier later.</summary>
internal sealed class StormRun(BenchBroker broker, string queue, QueueKind kind, int count) : BrokerRun(broker, queue, kind, count)
{
    /// <summary>Longer than the first attempts of all take, so that the retries do not wait behind those.</summary>
    public static readonly TimeSpan Tier = TimeSpan.FromSeconds(4);

    /// <summary>The broker's timers count whole milliseconds.</summary>
    private static readonly TimeSpan Coarseness = TimeSpan.FromMilliseconds(1);

    private static readonly TaskOutcome Failure = TaskOutcome.RetryableFailure("storm");

    private readonly ConcurrentDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Retry> _retries = [];

    public override bool ExpectsRetries => true;

    /// <summary>Notes an attempt of this task; true for its first.</summary>
    public bool Fails(string taskId)
    {
        var now = Stopwatch.GetTimestamp();
        if (_failed.TryAdd(taskId, now))
        {
            return true;
        }
        _retries.Enqueue(new Retry(now, Stopwatch.GetElapsedTime(_failed[taskId], now) - Tier));
        return false;
    }

    public override ValueTask<TaskOutcome> OutcomeAsync(string taskId, CancellationToken cancellationToken) =>
        new(Fails(taskId) ? Failure : TaskOutcome.Success());

    /// <summary>By attempts, without the time between the last first one and the first retry, when all wait.</summary>
    /// <exception cref="RunFailedException">A retry came early, or not once a task.</exception>
    public Sample Measured(Sample sample)
    {
        if (_failed.Count != Count || _retries.Count != Count)
        {
            throw new RunFailedException($"{Count:N0} tasks had {_failed.Count:N0} first attempts and {_retries.Count:N0} retries");
        }
        if (_retries.Min(retry => retry.Late) is var least && least < -Coarseness)
        {
            throw new RunFailedException($"a retry came {-least.TotalMilliseconds:0.0} ms before it was due");
        }
        var idle = Stopwatch.GetElapsedTime(_failed.Values.Max(), _retries.Min(retry => retry.At));
        return sample with
        {
            Messages = 2 * Count,
            Elapsed = sample.Elapsed - (idle > TimeSpan.Zero ? idle : TimeSpan.Zero),
            Latency = Latency.Of([.. _retries.Select(retry => retry.Late)]),
        };
    }

    private readonly record struct Retry(long At, TimeSpan Late);
}
