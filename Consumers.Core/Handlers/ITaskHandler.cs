namespace Consumers.Core;

/// <summary>User code that does one or more task types.</summary>
public interface ITaskHandler
{
    /// <summary>Asked once per type and registration; the answer is remembered.</summary>
    bool CanHandle(string taskType);

    /// <summary>
    /// One attempt. An exception is a retryable failure unless the handler's options name its type as permanent.
    /// May run more than once for one task: use <see cref="TaskContext.IdempotencyKey"/> for effects that must happen once.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the attempt times out or the drain timeout of a shutdown is over.</param>
    ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken);
}
