using System.Security.Cryptography;
using System.Text;

namespace Consumers.Host.Security;

/// <summary>CONSUMERS_API_KEY, kept as its SHA-256 only.</summary>
internal sealed class AccessKey
{
    private readonly byte[]? _hash;

    public AccessKey(string? key) => _hash = string.IsNullOrEmpty(key) ? null : Hash(key);

    public static AccessKey From(IConfiguration configuration) => new(configuration["CONSUMERS_API_KEY"]);

    /// <summary>With a key set it is asked for everywhere, on loopback too.</summary>
    public bool IsRequired => _hash is not null;

    /// <summary>In a time that tells nothing of how much of it was right.</summary>
    public bool Matches(string? presented) =>
        _hash is not null && presented is { Length: > 0 and <= 4096 } && CryptographicOperations.FixedTimeEquals(_hash, Hash(presented));

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
