namespace Consumers.Core.InMemory;

/// <summary>A message in the in-memory broker.</summary>
public sealed record InMemoryMessage(ReadOnlyMemory<byte> Body, string? MessageId, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Delivered before and not acknowledged then.</summary>
    public bool Redelivered { get; init; }
}
