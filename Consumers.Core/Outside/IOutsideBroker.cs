namespace Consumers.Core;

/// <summary>
/// A module's broker as an outsider uses it: with a client of its own, not the module's, so that a proof does not rest on the code that it judges.
/// </summary>
public interface IOutsideBroker : IAsyncDisposable
{
    /// <summary>Lower case.</summary>
    string Module { get; }

    /// <summary>Name and version for people; known after <see cref="PrepareAsync"/>.</summary>
    string Product { get; }

    /// <summary>To be called before the fleet starts, so that no dead letter is missed.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Publishes bytes as they are. Does not throw because of the broker; calls made one after the other are sent in that order.</summary>
    Task<PublishAnswer> PublishAsync(string id, string? key, ReadOnlyMemory<byte> body);

    /// <summary>What waits in each queue or topic that is empty when all is done; null while the broker does not say.</summary>
    Task<IReadOnlyDictionary<string, long>?> DepthsAsync();

    /// <summary>All dead letters since <see cref="PrepareAsync"/>, the archived ones included.</summary>
    Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync(CancellationToken cancellationToken);
}

/// <summary>What a broker said to a publish.</summary>
public enum PublishAnswer
{
    Confirmed,

    /// <summary>Nobody knows whether it has it.</summary>
    Unknown,

    /// <summary>It does not have it.</summary>
    Refused,
}

/// <summary>A dead letter as an outsider read it.</summary>
/// <param name="Id">The message id; on Kafka the task's, or of the message that had these bytes.</param>
/// <param name="Sha256">Of the body, in hexadecimal.</param>
public sealed record DeadLetterSeen(string Id, int Series, int Attempt, string Reason, string Sha256);
