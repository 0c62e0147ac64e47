using Consumers.Core;

namespace Consumers.Ledger;

/// <summary>What the writer knows of an attempt that has begun, beside its key and epoch: with it the outcome is written by the number of the row, and without reading.</summary>
/// <param name="Row">The task's.</param>
/// <param name="Module">As the task's row has it.</param>
/// <param name="StartedAt">Unix milliseconds.</param>
internal sealed record BegunAttempt(long Row, string Module, long StartedAt, string? TraceId)
{
    /// <exception cref="ArgumentException">It was not begun in this ledger.</exception>
    public static BegunAttempt Of(AttemptBegin.Begun begun) => begun.Ticket as BegunAttempt
        ?? throw new ArgumentException($"attempt {begun.Key.Attempt} of task {begun.Key.TaskId} was not begun by the ledger's guard");
}
