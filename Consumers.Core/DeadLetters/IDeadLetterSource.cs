namespace Consumers.Core;

/// <summary>A module's dead-letter queue or topic, as the archivist empties it.</summary>
public interface IDeadLetterSource
{
    /// <summary>Lower case.</summary>
    string Module { get; }

    /// <summary>
    /// Hands over what is there and what comes, in batches, until it is cancelled; waits out the broker's absence by itself. A batch is acknowledged when
    /// <paramref name="archive"/> has returned, and comes again when it threw or the process died.
    /// </summary>
    Task RunAsync(Func<IReadOnlyList<DeadLetter>, CancellationToken, ValueTask> archive, CancellationToken cancellationToken);
}
