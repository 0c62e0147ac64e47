using System.Security.Cryptography;
using System.Text;

namespace Consumers.Host.Handlers;

/// <summary>Letters and digits that only one idempotency key gives: ids may hold characters that file names and headers cannot.</summary>
internal static class IdempotencyToken
{
    public static string Of(string idempotencyKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)).AsSpan(0, 16));
}
