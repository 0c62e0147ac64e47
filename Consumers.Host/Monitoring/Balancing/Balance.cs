using Consumers.Core;

namespace Consumers.Host.Monitoring.Balancing;

/// <summary>
/// Whether every task of a module is somewhere: published = completed + dead + waiting + running. What the ledger counts is held against what the broker has, because a task
/// that is not finished must have a message: in a queue, in an instance's hands, or still to be published. Null is unknown, which is not zero.
/// </summary>
/// <param name="Published">The tasks that the ledger has now, and <paramref name="Unrecorded"/>. Tasks that the retention removed are in none of these numbers.</param>
/// <param name="Dead">Given up on, whatever somebody decided about their dead letters since.</param>
/// <param name="Waiting">Messages that wait for their attempt: in the work queue, in retry queues, in instances' hands and not begun, or still to be published.</param>
/// <param name="Unrecorded">
/// Messages beyond the unfinished tasks: of producers that publish straight to the broker and whose tasks have not begun, copies of tasks that are there already, what is no task, and what is
/// settled and not acknowledged yet. As many missing tasks would be hidden behind them.
/// </param>
/// <param name="Difference">Unfinished tasks without a message: at least so many. 0 when it balances.</param>
/// <param name="WhyUnknown">What cannot be known and why; null when all is known.</param>
internal sealed record Balance(
    string Module,
    long? Published,
    long? Completed,
    long? Dead,
    long? Waiting,
    long? Running,
    long? Unrecorded,
    long? Difference,
    string? WhyUnknown)
{
    /// <summary>Since when it has not balanced, and by how much all the time since; null when it balances, and while that may be the readings' own doing.</summary>
    public Imbalance? Standing { get; init; }

    /// <summary>Of a module whose tasks have rows.</summary>
    /// <param name="tally">All of one moment.</param>
    /// <param name="messages">In the broker and in hands; the most that was read shortly before and after that moment.</param>
    public static Balance Of(string module, TaskTally tally, long messages)
    {
        long Count(TaskState state) => tally.Counts.GetValueOrDefault(state);
        var (completed, dead, running) = (Count(TaskState.Completed), Count(TaskState.Failed), Count(TaskState.Processing));
        var unfinished = Count(TaskState.Queued) + Count(TaskState.Retrying) + running;
        if (tally is not { Unpublished: { } unpublished, FallingDue: { } fallingDue })
        {
            return new(module, null, completed, dead, null, running, null, null, tally.Unpublished is null
                ? "more tasks wait to be published than are counted"
                : "more retries fall due than are counted");
        }
        var held = messages + unpublished;
        var difference = Math.Max(0, unfinished - held - fallingDue);
        var unrecorded = Math.Max(0, held - unfinished);
        // Retries on their way from one queue to the other are waiting, though no queue has them.
        var waiting = unfinished + unrecorded - running - difference;
        return new(module, completed + dead + unfinished + unrecorded, completed, dead, waiting, running, unrecorded, difference, null);
    }

    /// <summary>Where not everything could be read: what the ledger says stays.</summary>
    public static Balance Unknown(string module, TaskTally? tally, string why)
    {
        long? Count(TaskState state) => tally?.Counts.GetValueOrDefault(state);
        return new(module, null, Count(TaskState.Completed), Count(TaskState.Failed), null, Count(TaskState.Processing), null, null, why);
    }

    /// <summary>Of a module that writes no rows: nobody counts what is published.</summary>
    public static Balance WithoutRows(string module, long? completed, long? dead, long? waiting, long? running) =>
        new(module, null, completed, dead, waiting, running, null, null, "it keeps no rows (Record=none), and nobody counts what is published");
}

/// <param name="AtLeast">The least that it was in the last minute: what came and went in the readings is not in it.</param>
internal sealed record Imbalance(DateTimeOffset Since, long AtLeast);
