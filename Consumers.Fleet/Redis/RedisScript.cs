using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>A Lua script and the types that its keys must have, in their order.</summary>
/// <param name="types">Of Redis (<c>string</c>, <c>hash</c>, <c>zset</c>), or <c>integer</c> for a string that counts; the last holds for all further keys.</param>
internal sealed class RedisScript(string text, params string[] types)
{
    public string Text { get; } = text;

    /// <summary>What Redis knows it by.</summary>
    public byte[] Hash { get; } = HashOf(text);

#pragma warning disable CA5350 // The protocol's choice, and no secret.
    private static byte[] HashOf(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350

    public RedisValue[] Types(int keys) => [.. Enumerable.Range(0, keys).Select(i => (RedisValue)types[Math.Min(i, types.Length - 1)])];
}
