using System.Security.Cryptography;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>One message to harm a consumer with, and what must become of it.</summary>
/// <param name="Class">Of the generator.</param>
/// <param name="Reason">Of its dead letter; null when only its headers or properties are hostile, and it must be processed.</param>
/// <param name="Id">Of the task; null where the body is none.</param>
internal sealed record HostileMessage(string Class, byte[] Body, RawProperties Properties, DeadReason? Reason, string? Id)
{
    public string Hash => HashOf(Body);

    public static string HashOf(ReadOnlyMemory<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body.Span));
}
