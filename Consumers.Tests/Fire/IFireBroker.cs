using Consumers.Host.Proof;

namespace Consumers.Tests.Fire;

/// <summary>What a fire run needs of a broker: an outsider's view of one module's, with names of its own.</summary>
internal interface IFireBroker : IAsyncDisposable
{
    /// <summary>Lower case.</summary>
    string Module { get; }

    /// <summary>For the processes of the fleet.</summary>
    IEnumerable<KeyValuePair<string, string>> Environmental();

    /// <summary>To be called before the fleet starts, so that no dead letter is missed.</summary>
    Task DeclareAsync();

    /// <summary>True when the broker has confirmed it; false when nobody knows.</summary>
    Task<bool> PublishAsync(string id, ReadOnlyMemory<byte> body);

    /// <summary>What is left in each queue that should be empty; null while the broker does not say.</summary>
    Task<IReadOnlyDictionary<string, long>?> DepthsAsync();

    Task<IReadOnlyList<DeadLetterSeen>> ReadDeadLettersAsync();
}
