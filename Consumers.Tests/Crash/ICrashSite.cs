using Consumers.Core;
using Consumers.Tests.Contract;

namespace Consumers.Tests.Crash;

/// <summary>Where a crash is driven: a broker with names of this run's own, which outlives the processes that die, seen by a client that is not ours.</summary>
internal interface ICrashSite : IAsyncDisposable
{
    string Module { get; }

    /// <summary>What tells a process where it is.</summary>
    IEnumerable<KeyValuePair<string, string>> Environmental();

    Task PublishAsync(ReadOnlyMemory<byte> body);

    /// <summary>Tasks that the broker still has: to be delivered, or waiting for a retry.</summary>
    Task<long> LeftAsync();

    Task<IReadOnlyList<SeenMessage>> DeadLettersAsync();

    Task<IReadOnlyList<StatusEvent>> StatusesAsync();
}
