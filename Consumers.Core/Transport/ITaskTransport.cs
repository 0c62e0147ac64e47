namespace Consumers.Core;

/// <summary>One module's broker as the rest of the host sees it.</summary>
public interface ITaskTransport : IStatusPublisher
{
    /// <summary><c>rabbit</c>, <c>kafka</c> or <c>scaling</c>.</summary>
    string Module { get; }

    /// <summary>False for a transport that forgets its messages with its process.</summary>
    bool IsDurable { get; }

    /// <summary>False for a module that writes no rows into the ledger (Record=none): what is published through the API goes straight to its broker.</summary>
    bool KeepsRows => true;

    /// <summary>What this instance consumes with, now; none where nothing is consumed. Never waits for a broker.</summary>
    IReadOnlyList<LaneState> Lanes { get; }

    /// <summary>True when the API publishes straight to the broker and answers when it has confirmed; else a task is a row first, and published after.</summary>
    bool AcceptsWhenConfirmed => !KeepsRows;

    /// <summary>Publishes a task to the work queue; returns when the broker has confirmed it.</summary>
    /// <exception cref="PublishFailedException">It was not confirmed; it may or may not have arrived, and publishing it again is safe.</exception>
    ValueTask PublishAsync(TaskMessage message, CancellationToken cancellationToken);

    /// <summary>False where this instance never publishes: the module is switched off here.</summary>
    bool CanPublish => true;

    /// <summary>Who remembers which of the module's attempts are settled, and must hear of a replay before its message arrives.</summary>
    GuardMode Guard => KeepsRows ? GuardMode.Ledger : GuardMode.None;

    /// <summary>Publishes a message of the module's to its work queue again; returns when the broker has confirmed it.</summary>
    /// <exception cref="PublishFailedException">It was not confirmed; it may or may not have arrived.</exception>
    ValueTask PublishAgainAsync(ReplayMessage message, CancellationToken cancellationToken);

    /// <summary>True where the depth of a queue counts what consumers have in their hands as well, because it is not settled (Kafka's lag).</summary>
    bool DepthsCountInHands => false;

    /// <summary>What the page of the module shows; cached for a second, and answers also while the broker is away.</summary>
    ValueTask<TransportSnapshot> SnapshotAsync(CancellationToken cancellationToken);
}

public interface IStatusPublisher
{
    /// <summary>False when they are switched off: none need be made.</summary>
    bool HasStatusEvents => true;

    /// <summary>Announces a transition; returns when the broker has it. Nobody needs to be subscribed.</summary>
    /// <exception cref="PublishFailedException">The broker did not confirm it.</exception>
    ValueTask PublishStatusAsync(StatusEvent status, CancellationToken cancellationToken);
}

/// <summary>A message was not confirmed by the broker.</summary>
public sealed class PublishFailedException(PublishFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public PublishFailure Failure { get; } = failure;
}

public enum PublishFailure
{
    /// <summary>The broker is away, or did not answer in time.</summary>
    Unavailable,

    /// <summary>The broker refused it (a full queue).</summary>
    Refused,

    /// <summary>No queue is bound where it was sent.</summary>
    Unroutable,
}

/// <param name="Connection">The state of the connection in words.</param>
/// <param name="Lanes">Of this instance.</param>
public sealed record TransportSnapshot(
    DependencyState Connection,
    IReadOnlyList<QueueDepth> Queues,
    IReadOnlyList<LaneState> Lanes);

/// <param name="Role"><c>work</c>, <c>retry</c> or <c>dead</c>.</param>
/// <param name="Ready">Null when the broker did not say: unknown is not zero.</param>
/// <param name="Tier">Of a retry queue: its delay.</param>
public sealed record QueueDepth(string Name, string Role, long? Ready, long? Consumers, TimeSpan? Tier);

/// <param name="Limit">Tasks at once, now.</param>
/// <param name="Unacked">Deliveries in the hands of this lane.</param>
public sealed record LaneState(int Number, int Limit, int Prefetch, int Running, int Unacked);
