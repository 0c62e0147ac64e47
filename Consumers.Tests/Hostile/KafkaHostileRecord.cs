using System.Security.Cryptography;
using Confluent.Kafka;
using Consumers.Core;

namespace Consumers.Tests.Hostile;

/// <summary>One record to harm a consumer with, and what must become of it.</summary>
/// <param name="Class">Of the generator.</param>
/// <param name="Reason">Of its dead letter; null when only its key or headers are hostile, and it must be processed.</param>
/// <param name="Id">Of the task; null where the body is none, or leaves the id to Kafka.</param>
/// <param name="IsTask">Whether it can be read as a task, and so has a row.</param>
internal sealed record KafkaHostileRecord(string Class, Message<byte[]?, byte[]?> Message, DeadReason? Reason, string? Id, bool IsTask)
{
    public string Hash => HashOf(Message.Key, Message.Value);

    /// <summary>Over key and value; null and empty differ.</summary>
    public static string HashOf(byte[]? key, byte[]? value) => $"{HashOf(key)}/{HashOf(value)}";

    private static string HashOf(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexStringLower(SHA256.HashData(bytes));
}
