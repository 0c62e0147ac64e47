using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Contract;

/// <summary>What the contract suite needs of a transport beyond its port: to publish as any other client would, and to look behind it.</summary>
public interface ITransportHarness : IAsyncDisposable
{
    /// <summary>False where dead letters can be looked at only while nobody takes them into the archive.</summary>
    bool IsArchived => true;

    /// <summary>Adds the transport to an instance; called once for each instance of a test.</summary>
    void AddTo(TaskConsumersBuilder builder);

    /// <summary>Publishes bytes to the work queue, as any client of the broker can. Returns the id of a task whose body has none.</summary>
    Task<string?> PublishAsync(TestFleet fleet, ReadOnlyMemory<byte> body, string? messageId = null, IReadOnlyDictionary<string, string>? headers = null);

    /// <summary>The dead letters so far, oldest first; they stay there.</summary>
    Task<IReadOnlyList<SeenMessage>> DeadLettersAsync(TestFleet fleet);

    /// <summary>Status events announced since the harness was made.</summary>
    IReadOnlyList<StatusEvent> Statuses { get; }

    /// <summary>Loses the consumer's connection, as a broken network does; skips the test where that cannot be done.</summary>
    Task BreakConnectionAsync(TestFleet fleet);

    /// <summary>Messages ready in the work queue.</summary>
    Task<long> ReadyAsync(TestFleet fleet);
}

public sealed record SeenMessage(ReadOnlyMemory<byte> Body, string? MessageId, IReadOnlyDictionary<string, string> Headers);
